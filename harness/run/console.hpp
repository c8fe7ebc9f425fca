// What a person sees while a run goes on: on stderr, by rank 0 alone. A line that rewrites itself on a terminal,
// plain lines otherwise. Under a launcher always plain: Open MPI 4 gives every rank a pseudo-terminal, and escape
// codes would land in log files.
#pragma once

#include <chrono>
#include <string>

namespace petaproof {

/// "1 rank", "2 ranks"
std::string counted(std::size_t count, const std::string& noun);

struct Terminal {
  bool live = false;
  bool colour = false;

  /// For the file descriptor of stdout or stderr. NO_COLOR and TERM=dumb are respected.
  static Terminal of(int descriptor, bool under_launcher);
};

class Console {
 public:
  Console(Terminal terminal, bool speaks) : terminal_(terminal), speaks_(speaks) {}

  /// A line that stays.
  void say(const std::string& line);
  /// Case `number` of `total` begins; the rest of the run is expected to take `seconds_left`.
  void begin_case(int number, int total, const std::string& title, double seconds_left);
  /// What goes on within it; shown on a live terminal only.
  void phase(const std::string& name);
  /// How it ended. Only failures keep a line on a live terminal.
  void end_case(const std::string& disposition, const std::string& reason);
  void finish();

 private:
  std::string stamp() const;
  void clear_live_line();

  Terminal terminal_;
  bool speaks_;
  std::string current_;
  double seconds_left_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace petaproof
