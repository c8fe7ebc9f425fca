// needs: cuda nccl
//
// Sum all-reduce over NCCL on GPU memory, out of place, FP32; checked bit for bit on every rank's own GPU.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "collectives/busbw.hpp"
#include "collectives/nccl/check.hpp"
#include "collectives/nccl/communicator.hpp"
#include "collectives/nccl/pattern.hpp"
#include "collectives/pattern.hpp"
#include "kernels/device/cuda/check.hpp"
#include "kernels/device/cuda/device.hpp"

namespace petaproof {
namespace {

struct Buffers {
  Buffer send, receive;
};

class AllReduceNccl : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "sum all-reduce of FP32 in GPU memory over NCCL",
        .backend = "cuda",
        .params = {ParamSpec::bytes("size", "of one rank's buffer", 1 << 20, 4, std::int64_t{1} << 40)},
        .collective = true};
    return info;
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    if (setting.ranks > max_pattern_ranks)
      return fmt::format("exact sums are predictable on up to {} ranks only", max_pattern_ranks);
    return memory_shortage(fewest_slots * 2 * bytes_of(params), setting.device.facts());
  }

  // On one rank nothing crosses a link, and its bus bandwidth is no number at all: what is left is NCCL's copy.
  std::vector<Quantity> work(const Params& params, int ranks) const override {
    const auto bytes = static_cast<double>(bytes_of(params));
    if (ranks == 1) return {{"algbw", "B", bytes}};
    return {{"busbw", "B", bytes * all_reduce_bus_factor(ranks)}, {"algbw", "B", bytes}};
  }

  void prepare(Context& context) override {
    Communicator& among = communicator_of<Communicator>(context);
    rank_ = among.rank();
    ranks_ = among.size();
    seed_ = context.seed;
    const std::int64_t bytes = bytes_of(context.params);
    count_ = static_cast<std::size_t>(bytes / 4);
    // every rank must hold the same number of slots, whatever its cache: they take part in each other's launches
    const std::int64_t slots = among.minimum(wanted_slots(context, bytes));
    if (!connection_.join(among, context.device)) return;  // another rank says why, in the next meeting

    const cudaStream_t stream = cuda::handle_of(context.device.stream());
    sum_.emplace(ranks_);
    sums_ = context.device.allocate(sum_->table().size() * sizeof(std::int32_t));
    context.device.copy_from_host(sums_.data(), sum_->table().data(), sums_.bytes());
    for (std::int64_t slot = 0; slot < slots; ++slot) {
      Buffers buffers{context.device.allocate(static_cast<std::size_t>(bytes)),
                      context.device.allocate(static_cast<std::size_t>(bytes))};
      cuda::fill_pattern(buffers.send.as<float>(), count_, seed_, static_cast<std::uint64_t>(slot), rank_, stream);
      buffers_.push_back(std::move(buffers));
    }
  }

  int slots() const override { return static_cast<int>(buffers_.size()); }

  // Nothing but the call: it may be captured in a graph.
  void launch(Stream& stream, int slot) override {
    try {
      PETAPROOF_NCCL(ncclAllReduce(buffers_[slot].send.data(), buffers_[slot].receive.data(), count_, ncclFloat32,
                                   ncclSum, connection_.comm(), cuda::handle_of(stream)));
    } catch (const Error&) {
      connection_.give_up();
      throw;
    }
  }

  std::vector<Region> outputs(int slot) const override {
    return {{"receive", buffers_[slot].receive.data(), buffers_[slot].receive.bytes()}};
  }

  Verification verify(Context& context, int slot) override {
    connection_.check_async();
    const cuda::Mismatch found = cuda::find_mismatches(context.device, mismatch_, [&](cuda::Mismatch* mismatch) {
      cuda::compare_pattern_sum(buffers_[slot].receive.as<float>(), count_, seed_, static_cast<std::uint64_t>(slot),
                                sums_.as<std::int32_t>(), ranks_, mismatch, cuda::handle_of(context.device.stream()));
    });
    if (found.count == 0)
      return {.pass = true,
              .detail = "every element, bit for bit",
              .elements_checked = static_cast<std::int64_t>(count_),
              .worst_error_over_bound = 0};
    float got = 0;
    context.device.copy_to_host(&got, buffers_[slot].receive.as<float>() + found.first, sizeof got);
    const float expected = sum_->at(seed_, static_cast<std::uint64_t>(slot), found.first);
    return Verification::failed(fmt::format("rank {}, {} of {} elements differ; element {}: expected {}, got {}",
                                            rank_, found.count, count_, found.first, expected, got));
  }

  std::vector<std::pair<std::string, std::string>> notes() const override {
    auto notes = nccl::version_notes();
    if (ranks_ == 1) notes.emplace_back("measures", "a copy on one GPU: with one rank nothing crosses a link");
    return notes;
  }

 private:
  static constexpr std::int64_t fewest_slots = 2;  // Context::slots_for
  // Small messages are bound by latency, not by what is in a cache; and a graph of thousands of NCCL launches costs
  // memory and seconds.
  static constexpr std::int64_t most_slots = 256;

  // On a shared GPU the ranks take turns in every step of every launch: rotations through many slots would take
  // minutes, for rates that mean nothing.
  static std::int64_t wanted_slots(const Context& context, std::int64_t bytes) {
    const std::int64_t wanted = context.device.facts().sharers > 1 ? fewest_slots : context.slots_for(2 * bytes);
    return std::min(wanted, most_slots);
  }

  // whole elements
  static std::int64_t bytes_of(const Params& params) { return params.integer("size") / 4 * 4; }

  nccl::Connection& connection_ = nccl::Connection::instance();
  int rank_ = 0;
  int ranks_ = 1;
  std::uint64_t seed_ = 0;
  std::size_t count_ = 0;
  std::optional<PatternSum> sum_;
  Buffer sums_;  // its table
  Buffer mismatch_;
  std::vector<Buffers> buffers_;
};

PETAPROOF_WORKLOAD("all_reduce/nccl", AllReduceNccl);

}  // namespace
}  // namespace petaproof
