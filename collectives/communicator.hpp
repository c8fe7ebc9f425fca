// The ranks that take part in a collective, and the context that hands them to a collective workload.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/device/error.hpp"
#include "kernels/workload.hpp"

namespace petaproof {

/// A group of ranks; each transport derives its own and workloads ask for the one they need. What is here serves to
/// set another transport up: NCCL needs one identifier known to all, and no MPI of its own.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;

  /// Rank 0's bytes, on every rank. Collective.
  virtual void broadcast(void* data, std::size_t bytes) = 0;
  /// Whether any rank says so; serves as a barrier. Collective.
  virtual bool any(bool mine) = 0;
  /// The smallest of all ranks' values. Collective.
  virtual std::int64_t minimum(std::int64_t mine) = 0;
};

/// A group of one.
class SoloCommunicator : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void broadcast(void*, std::size_t) override {}
  bool any(bool mine) override { return mine; }
  std::int64_t minimum(std::int64_t mine) override { return mine; }
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
