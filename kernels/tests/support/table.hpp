// Several ranks in one process: each a thread, meeting at a table. A rank that waits for ten seconds finds
// that somebody will never come, and everybody leaves: a hang is a failed test and not a hung one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels/measure/agreement.hpp"

namespace petaproof::testing {

class Table {
 public:
  explicit Table(int ranks) : ranks_(ranks) {}

  struct Outcome {
    std::int64_t root_value = 0;
    bool any = false;
    std::optional<Domain> failed;
  };

  /// Waits until every rank has brought its part. Throws std::runtime_error if one never does.
  Outcome sit(bool root, std::int64_t root_value, bool flag, std::optional<Domain> failure) {
    std::unique_lock lock(mutex_);
    if (broken_) throw std::runtime_error("hang: the others have left");
    if (root) next_.root_value = root_value;
    next_.any = next_.any || flag;
    if (failure) next_.failed = failure;
    if (++arrived_ == ranks_) {
      last_ = std::exchange(next_, {});
      arrived_ = 0;
      ++round_;
      changed_.notify_all();
      return last_;
    }
    const auto mine = round_;
    if (!changed_.wait_for(lock, std::chrono::seconds(10), [&] { return round_ != mine || broken_; })) broken_ = true;
    changed_.notify_all();
    if (round_ == mine) throw std::runtime_error("hang: a rank never came to a meeting");
    return last_;
  }

 private:
  const int ranks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int arrived_ = 0;
  std::int64_t round_ = 0;
  bool broken_ = false;
  Outcome next_, last_;
};

/// One rank's place at the table. Counts the meetings it took part in, the one where it failed included.
class Seat : public Agreement {
 public:
  Seat(Table& table, int rank) : table_(table), rank_(rank) {}

  Meeting meet(std::int64_t root_value = 0, bool flag = false) override {
    ++meetings;
    const Table::Outcome outcome = table_.sit(is_root(), root_value, flag, std::nullopt);
    if (outcome.failed)
      throw Error(Domain::peer, static_cast<long>(*outcome.failed), {}, "another rank failed", Error::Kind::local,
                  std::source_location::current());
    return {outcome.root_value, outcome.any};
  }
  void fail(Domain why) override {
    ++meetings;
    ++failures;
    try {
      table_.sit(is_root(), 0, false, why);
    } catch (const std::runtime_error&) {
      hung = true;
    }
  }
  bool is_root() const override { return rank_ == 0; }

  int meetings = 0;
  int failures = 0;
  bool hung = false;

 private:
  Table& table_;
  int rank_;
};

/// Runs `rank_main(rank, seat)` for each rank in a thread of its own; returns their seats once all have
/// ended.
inline std::vector<Seat> run_ranks(int ranks, const std::function<void(int, Seat&)>& rank_main) {
  Table table(ranks);
  std::vector<Seat> seats;
  for (int rank = 0; rank < ranks; ++rank) seats.emplace_back(table, rank);
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < ranks; ++rank)
      threads.emplace_back([&, rank] { rank_main(rank, seats[static_cast<std::size_t>(rank)]); });
  }
  return seats;
}

}  // namespace petaproof::testing
