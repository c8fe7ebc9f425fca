// An error that every rank finds alike: nobody waits for anybody, and one rank's message is enough.
#pragma once

#include <functional>

#include "harness/run/world.hpp"

namespace petaproof {

class CommonError : public Error {
 public:
  using Error::Error;
  explicit CommonError(const Error& error) : Error(error) {}
};

/// Runs `work` on rank 0 and hands its text to every rank; an Error there is a CommonError everywhere.
std::string from_root(World& world, const std::function<std::string()>& work);

}  // namespace petaproof
