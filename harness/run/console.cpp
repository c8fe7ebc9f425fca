#include "harness/run/console.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "harness/run/to_stderr.hpp"

namespace petaproof {
namespace {

std::string minutes(double seconds) {
  const auto whole = static_cast<long>(std::lround(seconds));
  return fmt::format("{:02}:{:02}", whole / 60, whole % 60);
}

}  // namespace

std::string counted(std::size_t count, const std::string& noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

Terminal Terminal::of(int descriptor, bool under_launcher) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool terminal = isatty(descriptor) == 1 && !under_launcher && term && std::strcmp(term, "dumb") != 0;
  return {.live = terminal, .colour = terminal && !(no_colour && *no_colour)};
}

std::string Console::stamp() const {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
  return fmt::format("[{}]", minutes(passed.count()));
}

void Console::clear_live_line() {
  if (terminal_.live) std::fputs("\r\033[K", stderr);
}

void Console::say(const std::string& line) {
  if (!speaks_) return;
  clear_live_line();
  to_stderr("{}\n", line);
}

void Console::begin_case(int number, int total, const std::string& title, double seconds_left) {
  if (!speaks_) return;
  current_ = fmt::format("{} {}/{} {}", stamp(), number, total, title);
  seconds_left_ = seconds_left;
  if (terminal_.live)
    phase("");
  else
    to_stderr("{}, {} left\n", current_, minutes(seconds_left));
}

void Console::phase(const std::string& name) {
  if (!speaks_ || !terminal_.live) return;
  to_stderr("\r\033[K{}, {} left{}{}", current_, minutes(seconds_left_), name.empty() ? "" : ": ", name);
  std::fflush(stderr);
}

void Console::end_case(const std::string& disposition, const std::string& reason) {
  if (!speaks_ || disposition == "pass") return;
  clear_live_line();
  to_stderr("{}: {}: {}\n", current_, disposition, reason);
}

void Console::finish() {
  if (!speaks_) return;
  clear_live_line();
  std::fflush(stderr);
}

}  // namespace petaproof
