// What a cluster of thread blocks and Hopper's asynchronous units do to shared memory, on CPU threads, one for each
// of the cluster's. hopper_on_cpu.hpp gives a kernel its instructions from this.
//
// What the PTX ISA leaves open is decided against the kernel:
//
//   loads      arrive at once, or not before somebody waits for them and then in any order; the box is swizzled,
//              and zero outside of the matrix
//   wgmma      reads its operands and writes its sums when it is issued, or not before it is waited for
//   stores     read shared memory when they are issued, or not before somebody waits for that
//   stmatrix   is seen by stores only after the writer's proxy fence
//   mbarriers  count arrivals and bytes; waits know a phase by its parity alone, so one that is missed is a deadlock
//
// Layouts are written down here from the ISA a second time, apart from kernels/device/wgmma_layout.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/cuda_on_cpu.hpp"
#include "support/hopper_matrices.hpp"
#include "support/hopper_product.hpp"

namespace petaproof::testing {

enum class Timing { early, late };

class OnCpuFailure {};

/// What one thread has asked for and not waited for.
struct InFlight {
  bool fenced = false;
  std::deque<std::function<void()>> products;
  std::deque<int> product_groups;  // how many products each has
  int uncommitted_products = 0;
  std::vector<std::function<void()>> uncommitted_stores;
  std::deque<std::vector<std::function<void()>>> stores;
  std::vector<std::pair<std::uint32_t, std::uint16_t>> unpublished;  // stmatrix, before the proxy fence
  bool reached_into_others = false;                                  // since the cluster was last synchronised
};

// Blocks that run at the same time, and the copy engine that serves them.
class CpuCluster {
 public:
  static constexpr std::uint32_t shared_base = 0x1400;  // of the window that addresses count from
  static constexpr std::uint32_t window = 0x3A000;      // its end: 227 KiB and what the system takes

  /// `patience`: nothing has moved for this long, on a busy machine and under sanitizers too, so it is a deadlock.
  CpuCluster(int size, int threads_per_block, Timing timing, unsigned seed,
             std::chrono::milliseconds patience = std::chrono::seconds(20))
      : size_(size),
        threads_(threads_per_block),
        timing_(timing),
        patience_(patience),
        random_(seed),
        blocks_(static_cast<std::size_t>(size)) {
    for (Block& block : blocks_) {
      block.shared.assign(window, 0xFF);  // NaN
      block.running = threads_;
    }
  }

  void run(unsigned first_block, unsigned blocks, const std::function<void()>& body) {
    {
      std::jthread engine([this](const std::stop_token& stop) { move_data(stop); });
      run_threads(first_block, blocks, body);
    }
    if (failure_.empty() && !queue_.empty()) failure_ = "ended with loads in flight";
  }
  /// Empty if nothing went wrong.
  std::string failure() const { return failure_; }
  static CpuCluster& here() { return *here_; }
  static int rank() { return rank_; }

  [[noreturn]] void fail(const std::string& what) {
    const std::lock_guard lock(failure_mutex_);
    if (failure_.empty())
      failure_ =
          what + " (block " + std::to_string(block_index.x) + ", thread " + std::to_string(thread_index.x) + ")";
    failed_ = true;
    throw OnCpuFailure{};
  }

  // --- barriers of threads
  void sync(const std::string& name, int threads) { meet(name, threads, /*wait=*/true); }
  void sync_block() { sync("block " + std::to_string(rank_), threads_); }
  void sync_cluster() {
    mine_.reached_into_others = false;
    sync("cluster", threads_ * size_);
  }
  void sync_some(int id, int threads) { sync(std::to_string(rank_) + " named " + std::to_string(id), threads); }
  void arrive_some(int id, int threads) {
    meet(std::to_string(rank_) + " named " + std::to_string(id), threads, /*wait=*/false);
  }
  void sync_warp() { sync(std::to_string(rank_) + " warp " + std::to_string(thread_index.x / 32), 32); }

  std::uint64_t exchange(std::uint64_t x, int mask) {
    auto& exchanged = blocks_[rank_].exchanged[thread_index.x / 32];
    const unsigned lane = thread_index.x % 32;
    exchanged[lane] = x;
    sync_warp();
    const std::uint64_t other = exchanged[lane ^ static_cast<unsigned>(mask)];
    sync_warp();
    return other;
  }

  // --- mbarriers
  void init(std::uint32_t address, unsigned arrivals) {
    if (address % 8 != 0) fail("a misaligned mbarrier");
    const std::lock_guard lock(mutex_);
    auto& barrier = blocks_[rank_].barriers[address];
    if (barrier) fail("an mbarrier is initialised twice");
    barrier = std::make_unique<MBarrier>();
    barrier->arrivals = barrier->pending = static_cast<int>(arrivals);
  }
  void arrive(int rank, std::uint32_t address, std::int64_t expected_bytes) {
    mine_.reached_into_others |= rank != rank_;
    const std::lock_guard lock(mutex_);
    MBarrier& barrier = mbarrier(rank, address);
    barrier.bytes += expected_bytes;
    if (--barrier.pending < 0) fail("more arrivals than an mbarrier was initialised for");
    complete(barrier);
  }
  void wait(std::uint32_t address, std::uint32_t parity) {
    std::unique_lock lock(mutex_);
    MBarrier& barrier = mbarrier(rank_, address);
    ++barrier.waiting;
    wait_until(
        lock, barrier.changed, [&] { return (barrier.phase & 1) != parity; },
        "mbarrier at " + std::to_string(address) + " for parity " + std::to_string(parity));
    --barrier.waiting;
  }

  // --- the copy engine
  void load(std::uint32_t to, const MatrixMap& map, const BoxPlace& at, std::uint32_t barrier, unsigned ranks) {
    if (to % 1024 != 0) fail("a swizzled box that is not aligned");
    mine_.reached_into_others |= (ranks & ~(1U << rank_)) != 0;
    const auto job = [=, this, &map] {
      for (int rank = 0; rank < size_; ++rank) {
        if ((ranks >> rank & 1) == 0) continue;
        const std::lock_guard lock(mutex_);
        for (int r = 0; r < map.box_rows; ++r)
          for (int c = 0; c < 64; ++c) {
            const std::int64_t from = element_of_box(map, at, r, c);
            const std::uint16_t x = from < 0 ? std::uint16_t{0} : map.data[from];
            element(rank, swizzle_address(to + static_cast<std::uint32_t>(r * 128 + c * 2))) = x;
          }
        MBarrier& told = mbarrier(rank, barrier);
        told.bytes -= map.box_rows * 128;
        complete(told);
      }
    };
    if (timing_ == Timing::early) return job();
    const std::lock_guard lock(queue_mutex_);
    queue_.push_back({job, barrier, ranks});
  }
  void store(const MatrixMap& map, const BoxPlace& at, std::uint32_t from) {
    if (from % 1024 != 0) fail("a swizzled box that is not aligned");
    const auto job = [=, this, &map] {
      const std::lock_guard lock(mutex_);
      for (int r = 0; r < map.box_rows; ++r)
        for (int c = 0; c < 64; ++c) {
          const std::int64_t to = element_of_box(map, at, r, c);
          if (to < 0) continue;
          map.data[to] = element(rank_, swizzle_address(from + static_cast<std::uint32_t>(r * 128 + c * 2)));
          ++map.times_stored[to];
        }
    };
    if (timing_ == Timing::early)
      job();
    else
      mine_.uncommitted_stores.push_back(job);
  }
  void commit_stores() { mine_.stores.push_back(std::exchange(mine_.uncommitted_stores, {})); }
  void wait_stores(std::size_t pending) {
    // whoever does not wait for this thread overtakes it
    if (mine_.stores.size() > pending) std::this_thread::sleep_for(std::chrono::milliseconds(8));
    for (; mine_.stores.size() > pending; mine_.stores.pop_front())
      for (const auto& job : mine_.stores.front()) job();
  }
  void publish() {
    const std::lock_guard lock(mutex_);
    for (const auto& [address, value] : mine_.unpublished) element(rank_, address) = value;
    mine_.unpublished.clear();
  }
  /// Each lane's row address, then its two elements of each of four matrices.
  void store_matrices(std::uint32_t address, const std::array<std::uint32_t, 4>& x) {
    auto& addresses = blocks_[rank_].row_addresses[thread_index.x / 32];
    const unsigned lane = thread_index.x % 32;
    if (address % 16 != 0) fail("a misaligned row of stmatrix");
    addresses[lane] = address;
    sync_warp();
    for (unsigned matrix = 0; matrix < 4; ++matrix) {
      const std::uint32_t to = addresses[8 * matrix + lane / 4] + 4 * (lane % 4);
      mine_.unpublished.emplace_back(to, static_cast<std::uint16_t>(x[matrix]));
      mine_.unpublished.emplace_back(to + 2, static_cast<std::uint16_t>(x[matrix] >> 16));
    }
    sync_warp();
  }

  // --- wgmma
  void fence() { mine_.fenced = true; }
  void sums_changed() { mine_.fenced = false; }
  /// `a`: a descriptor, or this thread's four registers, which are read with the operands in shared memory.
  template <int registers, typename A>
  void multiply(float (&sums)[registers], const A& a, std::uint64_t b, Major major_of_b, bool accumulate) {
    if (!mine_.fenced) fail("wgmma without a fence");
    std::function<void()> job;
    if constexpr (std::is_array_v<A>)
      job = [=, this, &sums, &a] { product(sums, rows_of_registers(a), b, major_of_b, accumulate); };
    else
      job = [=, this, &sums] { product(sums, rows_of_shared(a), b, major_of_b, accumulate); };
    if (timing_ == Timing::early) job();
    mine_.products.emplace_back(timing_ == Timing::early ? std::function<void()>([] {}) : job);
    ++mine_.uncommitted_products;
  }
  void commit_products() { mine_.product_groups.push_back(std::exchange(mine_.uncommitted_products, 0)); }
  void wait_products(std::size_t pending) {
    for (; mine_.product_groups.size() > pending; mine_.product_groups.pop_front())
      for (int i = mine_.product_groups.front(); i > 0; --i) {
        mine_.products.front()();
        mine_.products.pop_front();
      }
    sync_warp();
  }

 private:
  struct MBarrier {
    int arrivals = 0, pending = 0;
    std::int64_t bytes = 0;  // expected, less those that came
    int waiting = 0;         // threads
    unsigned phase = 0;
    std::condition_variable changed;
  };
  struct Load {
    std::function<void()> job;
    std::uint32_t barrier = 0;
    unsigned ranks = 0;
  };
  struct Gate {
    int arrived = 0;
    unsigned round = 0;
    std::condition_variable changed;
  };
  struct Block {
    int running = 0;  // threads
    std::vector<std::uint8_t> shared;
    std::map<std::uint32_t, std::unique_ptr<MBarrier>> barriers;
    // by warp and lane: row addresses of stmatrix; what shuffles exchange; A of wgmma
    std::array<std::array<std::uint32_t, 32>, 32> row_addresses{};
    std::array<std::array<std::uint64_t, 32>, 32> exchanged{};
    std::array<std::array<std::array<std::uint32_t, 4>, 32>, 32> registers_of_a{};
  };

  RowsOfA rows_of_shared(std::uint64_t a) {
    return rows_of_descriptor(descriptor(a), thread_index.x, [this](int address) { return read(address); });
  }
  RowsOfA rows_of_registers(const std::uint32_t (&a)[4]) {
    auto& registers = blocks_[rank_].registers_of_a[thread_index.x / 32];
    std::ranges::copy(a, registers[thread_index.x % 32].begin());
    sync_warp();
    const RowsOfA rows = rows_of_fragments(registers, thread_index.x % 32);
    sync_warp();
    return rows;
  }
  template <int registers>
  void product(float (&sums)[registers], const RowsOfA& rows, std::uint64_t b, Major major_of_b, bool accumulate) {
    const MatrixDescriptor of_b = descriptor(b);
    add_product(sums, rows, thread_index.x % 32, accumulate,
                [&](int k, int column) { return read(element_of_b(of_b, major_of_b, k, column)); });
  }
  MatrixDescriptor descriptor(std::uint64_t bits) {
    const MatrixDescriptor found(bits);
    if (!found.valid) fail("a matrix descriptor that is not swizzled by 128 bytes at base offset 0");
    return found;
  }
  float read(int address) { return from_bf16(element(rank_, swizzle_address(static_cast<std::uint32_t>(address)))); }

  std::uint16_t& element(int rank, std::uint32_t address) {
    if (address < shared_base || address + 2 > window || address % 2 != 0)
      fail("an address outside of shared memory");
    return *reinterpret_cast<std::uint16_t*>(blocks_[rank].shared.data() + address);
  }
  MBarrier& mbarrier(int rank, std::uint32_t address) {
    if (blocks_[rank].running == 0) fail("a block that has ended is told or loaded into");
    const auto found = blocks_[rank].barriers.find(address);
    if (found == blocks_[rank].barriers.end()) fail("no mbarrier is at " + std::to_string(address));
    return *found->second;
  }
  void complete(MBarrier& barrier) {
    if (barrier.pending > 0 || barrier.bytes != 0) return;
    barrier.pending = barrier.arrivals;
    ++barrier.phase;
    note_progress();
    barrier.changed.notify_all();
  }
  void meet(const std::string& name, int threads, bool wait) {
    Gate& gate = gate_of(name);
    std::unique_lock lock(mutex_);
    const unsigned round = gate.round;
    if (++gate.arrived == threads) {
      gate.arrived = 0;
      ++gate.round;
      note_progress();
      gate.changed.notify_all();
    } else if (wait) {
      wait_until(lock, gate.changed, [&] { return gate.round != round; }, "barrier " + name);
    }
  }
  Gate& gate_of(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return gates_[name];
  }

  void note_progress() { progress_ = std::chrono::steady_clock::now().time_since_epoch().count(); }
  template <typename Done>
  void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, Done done,
                  const std::string& for_what) {
    using Clock = std::chrono::steady_clock;
    while (!changed.wait_for(lock, std::chrono::milliseconds(200), done)) {
      if (failed_) throw OnCpuFailure{};
      if (Clock::now() - Clock::time_point(Clock::duration(progress_.load())) > patience_)
        fail("deadlock at " + for_what);
    }
  }

  void run_threads(unsigned first_block, unsigned blocks, const std::function<void()>& body) {
    std::vector<std::jthread> all;
    for (int rank = 0; rank < size_; ++rank)
      for (int thread = 0; thread < threads_; ++thread)
        all.emplace_back([this, rank, thread, first_block, blocks, &body] {
          here_ = this, rank_ = rank;
          thread_index.x = static_cast<unsigned>(thread);
          block_index.x = first_block + static_cast<unsigned>(rank);
          block_dim.x = static_cast<unsigned>(threads_), grid_dim.x = blocks;
          mine_ = InFlight{};
          try {
            body();
            if (!mine_.products.empty() || mine_.uncommitted_products != 0) fail("ended with products in flight");
            if (!mine_.stores.empty()) fail("ended with stores in flight");
            if (!mine_.unpublished.empty()) fail("ended with unpublished writes");
            if (mine_.reached_into_others)
              fail("ended without a sync after reaching into another block, which may end");
          } catch (const OnCpuFailure&) {
          }
          const std::lock_guard lock(mutex_);
          --blocks_[rank_].running;
        });
  }

  // Late loads: not before somebody waits for them, and in any order.
  void move_data(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const std::function<void()> job = next_load();
      if (random_() % 4 == 0 || !job) std::this_thread::sleep_for(std::chrono::microseconds(random_() % 200));
      try {
        if (job) job();
      } catch (const OnCpuFailure&) {
      }
    }
  }
  std::function<void()> next_load() {
    const std::lock_guard lock(queue_mutex_);
    std::erase_if(queue_, [](const Load& load) { return !load.job; });
    const auto first =
        std::stable_partition(queue_.begin(), queue_.end(), [&](const Load& load) { return !waited_for(load); });
    if (first == queue_.end()) return {};
    const auto waited = static_cast<std::size_t>(queue_.end() - first);
    return std::exchange(*(first + static_cast<std::ptrdiff_t>(random_() % waited)), {}).job;
  }
  bool waited_for(const Load& load) {
    const std::lock_guard lock(mutex_);
    for (int rank = 0; rank < size_; ++rank) {
      const auto& barriers = blocks_[rank].barriers;
      const auto found = barriers.find(load.barrier);
      if ((load.ranks >> rank & 1) != 0 && found != barriers.end() && found->second->waiting > 0) return true;
    }
    return false;
  }

  static inline thread_local CpuCluster* here_ = nullptr;
  static inline thread_local int rank_ = 0;
  static inline thread_local InFlight mine_;

  const int size_, threads_;
  const Timing timing_;
  const std::chrono::milliseconds patience_;
  std::mt19937 random_;
  std::vector<Block> blocks_;
  std::mutex mutex_;
  std::map<std::string, Gate> gates_;
  std::mutex queue_mutex_;
  std::deque<Load> queue_;
  std::atomic<std::chrono::steady_clock::rep> progress_ = std::chrono::steady_clock::now().time_since_epoch().count();
  std::mutex failure_mutex_;
  std::string failure_;
  std::atomic<bool> failed_ = false;
};

}  // namespace petaproof::testing
