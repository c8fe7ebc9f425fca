#include "harness/run/watchdog.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace petaproof {
namespace {

constexpr auto tick = std::chrono::milliseconds(50);

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Watchdog::Watchdog(int exit_code, std::function<void(const Alarm&)> last_words)
    : exit_code_(exit_code), last_words_(std::move(last_words)) {
  // blocked in every thread, taken by sigtimedwait in one: a handler could do next to nothing
  const sigset_t set = handled_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { watch(); });
}

Watchdog::~Watchdog() {
  ending_ = true;
  thread_.join();
  const sigset_t set = handled_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Watchdog::arm(std::string phase, double seconds) {
  const std::lock_guard lock(mutex_);
  phase_ = std::move(phase);
  allowed_seconds_ = seconds;
  launches_ = 0;
  deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

void Watchdog::disarm() {
  const std::lock_guard lock(mutex_);
  deadline_ = Clock::time_point::max();
}

void Watchdog::note(std::string phase) {
  const std::lock_guard lock(mutex_);
  phase_ = std::move(phase);
}

std::string Watchdog::describe_wait() {
  const std::int64_t launches = launches_;
  return fmt::format("phase \"{}\" did not end within {:g} s{}", phase_, allowed_seconds_,
                     launches > 0 ? fmt::format(" (after launch {})", launches) : "");
}

void Watchdog::watch() {
  const sigset_t set = handled_signals();
  const timespec wait{.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds(tick).count()};
  while (!ending_) {
    const int signal = sigtimedwait(&set, nullptr, &wait);
    if (signal == SIGINT) go_off({Cause::interrupted, "interrupted"});
    if (signal == SIGTERM)
      go_off({Cause::terminated, "ended by SIGTERM (another rank died, or a launcher, scheduler or person ended the run)"});
    Alarm alarm{.cause = Cause::deadline, .text = {}};
    {
      const std::lock_guard lock(mutex_);
      if (Clock::now() < deadline_) continue;
      alarm.text = describe_wait();
    }
    go_off(std::move(alarm));
  }
}

void Watchdog::go_off(Alarm alarm) {
  last_words_(alarm);
  _exit(exit_code_);
}

}  // namespace petaproof
