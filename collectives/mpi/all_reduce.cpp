// needs: mpi
//
// Sum all-reduce over MPI on host memory, out of place, FP32; checked bit for bit on every rank.
#include <fmt/format.h>

#include "collectives/busbw.hpp"
#include "collectives/mpi/check.hpp"
#include "collectives/mpi/communicator.hpp"
#include "collectives/pattern.hpp"

namespace petaproof {
namespace {

struct Buffers {
  Buffer send, receive;
};

class AllReduceMpi : public Workload {
 public:
  const WorkloadInfo& info() const override {
    static const WorkloadInfo info{
        .summary = "sum all-reduce of FP32 in host memory over MPI",
        .backend = "host",
        .params = {ParamSpec::bytes("size", "of one rank's buffer", 1 << 20, 4, std::int64_t{1} << 32)},
        .collective = true};
    return info;
  }

  std::optional<std::string> refusal(const Setting& setting, const Params& params) const override {
    if (setting.ranks < 2) return "needs at least 2 ranks (mpirun, srun or scripts/petaproof --ranks N)";
    if (setting.ranks > max_pattern_ranks)
      return fmt::format("exact sums are predictable on up to {} ranks only", max_pattern_ranks);
    return memory_shortage(4 * params.integer("size"), setting.device.facts());
  }

  std::vector<Quantity> work(const Params& params, int ranks) const override {
    const auto bytes = static_cast<double>(params.integer("size") / 4 * 4);
    return {{"busbw", "B", bytes * all_reduce_bus_factor(ranks)}, {"algbw", "B", bytes}};
  }

  void prepare(Context& context) override {
    MpiCommunicator& communicator = communicator_of<MpiCommunicator>(context);
    comm_ = communicator.comm();
    rank_ = communicator.rank();
    sum_.emplace(communicator.size());
    seed_ = context.seed;
    count_ = static_cast<std::size_t>(context.params.integer("size") / 4);
    // every rank must hold the same number of slots, whatever its cache: they take part in each other's launches
    const auto bytes = static_cast<std::int64_t>(4 * count_);
    const std::int64_t slots = communicator.minimum(context.slots_for(2 * bytes));
    for (int slot = 0; slot < slots; ++slot) {
      Buffers buffers{context.device.allocate(bytes), context.device.allocate(bytes)};
      for (std::size_t i = 0; i < count_; ++i)
        buffers.send.as<float>()[i] = pattern_value(seed_, static_cast<std::uint64_t>(slot), i, rank_);
      buffers_.push_back(std::move(buffers));
    }
  }

  int slots() const override { return static_cast<int>(buffers_.size()); }

  void launch(Stream&, int slot) override {
    PETAPROOF_MPI(MPI_Allreduce(buffers_[slot].send.data(), buffers_[slot].receive.data(), static_cast<int>(count_),
                                MPI_FLOAT, MPI_SUM, comm_));
  }

  std::vector<Region> outputs(int slot) const override {
    return {{"receive", buffers_[slot].receive.data(), buffers_[slot].receive.bytes()}};
  }

  Verification verify(Context&, int slot) override {
    const float* got = buffers_[slot].receive.as<float>();
    for (std::size_t i = 0; i < count_; ++i) {
      const float expected = sum_->at(seed_, static_cast<std::uint64_t>(slot), i);
      if (got[i] == expected) continue;
      return Verification::failed(
          fmt::format("rank {}, element {}: expected {}, got {}", rank_, i, expected, got[i]));
    }
    return {.pass = true,
            .detail = "every element, bit for bit",
            .elements_checked = static_cast<std::int64_t>(count_),
            .worst_error_over_bound = 0};
  }

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
  int rank_ = 0;
  std::optional<PatternSum> sum_;
  std::uint64_t seed_ = 0;
  std::size_t count_ = 0;
  std::vector<Buffers> buffers_;
};

PETAPROOF_WORKLOAD("all_reduce/mpi", AllReduceMpi);

}  // namespace
}  // namespace petaproof
