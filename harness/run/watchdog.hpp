// Ends a process that waits too long. MPI does not notice a dead link or a hung peer, so every phase of a run has a
// deadline, kept by a thread of its own on each rank: no rank depends on another to be ended.
//
// The same thread receives SIGINT and SIGTERM (a person, a launcher killing the rest after one rank died, a
// scheduler at its time limit), so that what was measured is accounted for in every such end.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace petaproof {

class Watchdog {
 public:
  enum class Cause { deadline, terminated, interrupted };
  /// Why the process is being ended.
  struct Alarm {
    Cause cause;
    std::string text;  // "phase \"measure\" did not end within 60 s (after launch 1234)"
  };

  /// `last_words` runs in the watchdog's thread when an alarm goes off, and the process ends with `exit_code` right
  /// after. It must take no lock that the main thread may hold, and call no MPI. Create the watchdog before
  /// MPI_Init, which may wait for ever too.
  Watchdog(int exit_code, std::function<void(const Alarm&)> last_words);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// From now on `phase` may take `seconds`.
  void arm(std::string phase, double seconds);
  void disarm();
  /// Names what goes on within the armed time; does not extend it.
  void note(std::string phase);
  void count(std::int64_t launches) { launches_.store(launches, std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;

  void watch();
  void go_off(Alarm alarm);
  std::string describe_wait();

  int exit_code_;
  std::function<void(const Alarm&)> last_words_;
  std::mutex mutex_;
  std::string phase_;
  double allowed_seconds_ = 0;
  Clock::time_point deadline_ = Clock::time_point::max();
  std::atomic<std::int64_t> launches_{0};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

/// Arms for a scope.
class Deadline {
 public:
  Deadline(Watchdog& watchdog, std::string phase, double seconds) : watchdog_(watchdog) {
    watchdog_.arm(std::move(phase), seconds);
  }
  ~Deadline() { watchdog_.disarm(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  Watchdog& watchdog_;
};

}  // namespace petaproof
