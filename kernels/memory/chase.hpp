// Latency by pointer chase: one thread follows a random cycle through a working set, each load at the address that
// the load before has returned. What the two backends have in common.
//
// The cycle visits one word in each line of the set. Slots are stretches of that one cycle, `loads` long, one after
// the other, so that rotating through them goes round a set of any size while each launch stays short. Of a set that
// no cache holds, enough stretches are walked to overflow the last-level cache four times before the first one comes
// again.
//
// Verified by where each stretch ends. That is a check of every load: each step is a bijection, so one that went
// astray anywhere ends elsewhere.
#pragma once

#include <vector>

#include "kernels/workload.hpp"

namespace petaproof {

/// How many stretches of `loads` steps through `lines` lines: all of them where `cache_bytes` of cache, in lines of
/// `line_bytes`, could hold what a few of them touch.
constexpr std::int64_t chase_slots(std::int64_t lines, std::int64_t loads, std::int64_t line_bytes,
                                   std::int64_t cache_bytes) {
  const std::int64_t all = (lines + loads - 1) / loads;
  const std::int64_t overflow = (4 * cache_bytes / line_bytes + loads - 1) / loads + 1;
  return all < overflow ? all : overflow;
}

class Chase : public Workload {
 public:
  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override;
  std::vector<Quantity> work(const Params& params, int ranks) const override;
  void prepare(Context& context) override;
  int slots() const override { return static_cast<int>(ends_.size()); }
  std::vector<Region> outputs(int slot) const override;
  Verification verify(Context& context, int slot) override;
  std::vector<std::pair<std::string, std::string>> notes() const override;

 protected:
  /// `line_bytes`: of the caches, the least stride.
  static std::vector<ParamSpec> params(std::int64_t line_bytes);
  explicit Chase(std::int64_t line_bytes) : line_bytes_(line_bytes) {}

  /// Stores at the head of each line the address of the line after it in the cycle: at memory() + i * stride() that
  /// of next[i].
  virtual void link(Context& context, const std::vector<std::uint32_t>& next) = 0;

  char* memory() const { return memory_.as<char>(); }
  std::int64_t stride() const { return stride_; }
  std::int64_t loads() const { return loads_; }
  /// Where the chase of `slot` begins.
  char* start(int slot) const { return memory() + stops_[slot] * stride_; }
  /// Receives the number of the line at which it ends.
  unsigned long long* end(int slot) const { return ends_[slot].as<unsigned long long>(); }

 private:
  std::int64_t line_bytes_;
  std::int64_t stride_ = 0;
  std::int64_t loads_ = 0;
  std::int64_t size_ = 0;
  std::int64_t last_level_cache_ = 0;
  Buffer memory_;
  std::vector<std::int64_t> stops_;  // lines: slot s leads from stops_[s] to stops_[s + 1]
  std::vector<Buffer> ends_;
};

}  // namespace petaproof
