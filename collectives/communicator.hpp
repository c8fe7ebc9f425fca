// The ranks that take part in a collective, and the context that hands them to a collective workload.
#pragma once

#include "kernels/device/error.hpp"
#include "kernels/workload.hpp"

namespace petaproof {

/// A group of ranks; each transport derives its own and workloads ask for the one they need.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
};

/// A Context with a communicator: so one measuring loop serves kernels and collectives alike.
class CollectiveContext : public Context {
 public:
  CollectiveContext(Device& on, const Params& with, Fill filled, std::uint64_t seeded, Communicator& among)
      : Context(on, with, filled, seeded), communicator(among) {}

  Communicator& communicator;
};

/// The communicator of a context, as the type that a transport needs. Throws Error(not_supported) where the context
/// has none or one of another transport.
template <typename T>
T& communicator_of(Context& context) {
  auto* collective = dynamic_cast<CollectiveContext*>(&context);
  auto* communicator = collective ? dynamic_cast<T*>(&collective->communicator) : nullptr;
  if (!communicator) throw Error(Domain::not_supported, "this case needs a communicator of another transport");
  return *communicator;
}

}  // namespace petaproof
