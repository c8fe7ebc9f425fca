// A group of ranks in one process, each a thread: a Communicator over the table of kernels/tests/support, where a
// rank that nobody joins finds a failed test and not a hang.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "collectives/communicator.hpp"
#include "support/table.hpp"

namespace petaproof::testing {

class ThreadGroup {
 public:
  explicit ThreadGroup(int size) : size_(size), table_(size), values_(static_cast<std::size_t>(size)) {}

  class Member : public Communicator {
   public:
    Member(ThreadGroup& group, int rank) : group_(group), rank_(rank) {}
    int rank() const override { return rank_; }
    int size() const override { return group_.size_; }
    void broadcast(void* data, std::size_t bytes) override {
      const auto* begin = static_cast<const std::byte*>(data);
      if (rank_ == 0) group_.message_.assign(begin, begin + bytes);
      any(false);
      std::memcpy(data, group_.message_.data(), std::min(bytes, group_.message_.size()));
      any(false);
    }
    bool any(bool mine) override { return group_.table_.sit(rank_ == 0, 0, mine, std::nullopt).any; }
    std::int64_t minimum(std::int64_t mine) override {
      group_.values_[static_cast<std::size_t>(rank_)] = mine;
      any(false);
      const std::int64_t result = *std::ranges::min_element(group_.values_);
      any(false);
      return result;
    }

   private:
    ThreadGroup& group_;
    int rank_;
  };

  /// Runs `rank_main` for each rank in a thread of its own, and waits for all.
  void run(const std::function<void(Member&)>& rank_main) {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < size_; ++rank)
      threads.emplace_back([&, rank] {
        Member member(*this, rank);
        rank_main(member);
      });
  }

 private:
  int size_;
  Table table_;
  std::vector<std::byte> message_;
  std::vector<std::int64_t> values_;
};

}  // namespace petaproof::testing
