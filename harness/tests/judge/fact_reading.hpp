// What the tests of figures beside FLOP/s share: one reading by its id.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "harness/judge/facts.hpp"

namespace petaproof::judge::testing {

inline FactReading fact(const std::vector<FactReading>& facts, const std::string& id) {
  for (const auto& one : facts)
    if (one.id == id) return one;
  throw std::runtime_error("no reading " + id);
}

}  // namespace petaproof::judge::testing
