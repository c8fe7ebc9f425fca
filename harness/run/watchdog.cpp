#include "harness/run/watchdog.hpp"

#include <fmt/format.h>
#include <semaphore.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

constexpr int last_words_seconds = 5;
constexpr auto tick = std::chrono::milliseconds(50);

// A handler may do next to nothing, so it leaves a note for the watchdog's thread and wakes it: between Open MPI's
// SIGTERM and its SIGKILL may lie no more than 20 ms, time enough for last words, but not for a tick. Blocking the
// signals and waiting for them there would not do: OpenBLAS starts threads as it is loaded, before any mask of ours,
// and a signal goes to whichever thread lets it in.
std::atomic<int> caught_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);

// One of the few things that a handler may touch.
sem_t woken;
[[maybe_unused]] const int woken_made = sem_init(&woken, 0, 0);

extern "C" void note_signal(int signal) {
  const int saved = errno;
  caught_signal = signal;
  sem_post(&woken);
  errno = saved;
}

// Until a signal comes, a tick at most.
void wait_a_tick() {
  timespec until{};
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += std::chrono::nanoseconds(tick).count();
  until.tv_sec += until.tv_nsec / 1'000'000'000;
  until.tv_nsec %= 1'000'000'000;
  sem_clockwait(&woken, CLOCK_MONOTONIC, &until);  // whatever ended the wait, it is time to look around
}

void handle_signals(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  PETAPROOF_POSIX(sigaction(SIGINT, &action, nullptr));
  PETAPROOF_POSIX(sigaction(SIGTERM, &action, nullptr));
}

}  // namespace

Watchdog::Watchdog(int exit_code, std::function<void(const Alarm&)> last_words)
    : exit_code_(exit_code), last_words_(std::move(last_words)) {
  handle_signals(note_signal);
  thread_ = std::thread([this] { watch(); });
}

Watchdog::~Watchdog() {
  ending_ = true;
  thread_.join();
  handle_signals(SIG_DFL);
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
  for (; !ending_; wait_a_tick()) {
    const int signal = caught_signal;
    if (signal == SIGINT) go_off({Cause::interrupted, "interrupted"});
    Alarm alarm{.cause = Cause::deadline, .text = {}};
    {
      const std::lock_guard lock(mutex_);
      // ranks run into a deadline within moments of each other, and the launcher ends the rest when the first has:
      // what those waited for must be heard too, above all from the one that hangs
      const auto grace = signal == SIGTERM ? std::min(1.0, allowed_seconds_ / 2) : 0.0;
      if (Clock::now() + std::chrono::duration<double>(grace) >= deadline_)
        alarm.text = describe_wait();
      else if (signal != SIGTERM)
        continue;
    }
    if (alarm.text.empty())
      alarm = {Cause::terminated,
               "ended by SIGTERM (another rank died, or a launcher, scheduler or person ended the run)"};
    go_off(std::move(alarm));
  }
}

void Watchdog::go_off(Alarm alarm) {
  // the last words may hang in turn, on a full pipe or a dead file system
  std::thread([code = exit_code_] {
    std::this_thread::sleep_for(std::chrono::seconds(last_words_seconds));
    _exit(code);
  }).detach();
  last_words_(alarm);
  _exit(exit_code_);
}

}  // namespace petaproof
