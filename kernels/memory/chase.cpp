#include "kernels/memory/chase.hpp"

#include <fmt/format.h>

#include "kernels/memory/cycle.hpp"

namespace petaproof {
namespace {

std::int64_t lines_of(const Params& params) {
  return params.integer("size") / params.integer("stride");
}

}  // namespace

std::vector<ParamSpec> Chase::params(std::int64_t line_bytes) {
  return {ParamSpec::bytes("size", "of the working set", 1 << 30, 1024, std::int64_t{1} << 40),
          ParamSpec::bytes("stride", "from one visited word to the next in memory; 8 bytes divide it", 128,
                           line_bytes, 1 << 20),
          ParamSpec::integer("loads", "of one launch, each waiting for the one before", 1 << 18, 1, 1 << 30)};
}

std::optional<std::string> Chase::refusal(const Setting& setting, const Params& params) const {
  if (params.integer("stride") % 8 != 0) return "stride is no multiple of 8 bytes";
  const std::int64_t lines = lines_of(params);
  if (lines < 2) return "size holds fewer than two strides";
  if (lines > UINT32_MAX) return "size holds more than 2^32 - 1 strides";
  return memory_shortage(params.integer("size") + 4 * lines, setting.device.facts());
}

std::vector<Quantity> Chase::work(const Params& params, int) const {
  return {{"loads", "load", static_cast<double>(params.integer("loads"))}};
}

void Chase::prepare(Context& context) {
  size_ = context.params.integer("size");
  stride_ = context.params.integer("stride");
  loads_ = context.params.integer("loads");
  last_level_cache_ = context.device.facts().last_level_cache_bytes;
  const std::int64_t lines = lines_of(context.params);
  std::vector<std::uint32_t> next(static_cast<std::size_t>(lines));
  make_cycle(next, context.seed);
  memory_ = context.device.allocate(static_cast<std::size_t>(size_));
  link(context, next);
  stops_ = {0};
  for (std::int64_t i = chase_slots(lines, loads_, line_bytes_, last_level_cache_); i > 0; --i) {
    stops_.push_back(follow(next, static_cast<std::uint32_t>(stops_.back()), loads_ % lines));
    ends_.push_back(context.device.allocate(sizeof(unsigned long long)));
  }
}

std::vector<Region> Chase::outputs(int slot) const {
  return {{"end", ends_[slot].data(), ends_[slot].bytes()}};
}

Verification Chase::verify(Context& context, int slot) {
  unsigned long long got = 0;
  context.device.copy_to_host(&got, ends_[slot].data(), sizeof got);
  const auto expected = static_cast<unsigned long long>(stops_[slot + 1]);
  if (got == expected)
    return {.pass = true,
            .detail = "the line where the chase ends, which a wrong load anywhere would change",
            .elements_checked = loads_,
            .worst_error_over_bound = 0};
  return Verification::failed(
      fmt::format("{} loads from line {} end at line {}, not {}", loads_, stops_[slot], got, expected));
}

std::vector<std::pair<std::string, std::string>> Chase::notes() const {
  return {{"working_set", fmt::format("{:.3g} x the last-level cache of {:.3g} MiB",
                                      static_cast<double>(size_) / static_cast<double>(last_level_cache_),
                                      static_cast<double>(last_level_cache_) * 0x1p-20)}};
}

}  // namespace petaproof
