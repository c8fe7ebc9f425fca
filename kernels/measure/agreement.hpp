// How the ranks of a run stay together while they measure.
//
// All coordination goes through one operation, `meet`: every rank calls it the same number of times, it returns the
// same to all, and a rank that has failed joins the next one instead of whatever it could no longer reach. So no
// rank walks on alone into a collective, and iteration counts, decided by rank 0, agree everywhere.
#pragma once

#include <cstdint>

#include "kernels/device/error.hpp"

namespace petaproof {

struct Meeting {
  std::int64_t root_value = 0;  // what rank 0 brought
  bool any = false;             // whether any rank raised its flag
};

class Agreement {
 public:
  virtual ~Agreement() = default;

  /// Waits for every rank. Throws Error(peer) if one of them failed, with the domain of its error as code. Also
  /// serves as a barrier.
  virtual Meeting meet(std::int64_t root_value = 0, bool flag = false) = 0;

  /// Joins the others' next meeting in this rank's place and makes it fail there. Call it exactly once for an
  /// error of this rank's own, never after Error(peer): in that meeting it has already taken part.
  virtual void fail(Domain why) = 0;

  virtual bool is_root() const = 0;
};

/// One rank: agrees with itself.
class SoloAgreement : public Agreement {
 public:
  Meeting meet(std::int64_t root_value, bool flag) override { return {root_value, flag}; }
  void fail(Domain) override {}
  bool is_root() const override { return true; }
};

}  // namespace petaproof
