#include "harness/run/watchdog.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "kernels/device/error.hpp"

namespace petaproof {
namespace {

constexpr auto tick = std::chrono::milliseconds(50);

// A handler may do next to nothing, so it leaves a note for the watchdog's thread. Blocking the signals and waiting
// for them there would not do: OpenBLAS starts threads as it is loaded, before any mask of ours, and a signal goes to
// whichever thread lets it in.
std::atomic<int> caught_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void note_signal(int signal) { caught_signal = signal; }

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
  for (; !ending_; std::this_thread::sleep_for(tick)) {
    const int signal = caught_signal;
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
