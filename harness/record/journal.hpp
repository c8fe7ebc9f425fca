// The journal of a run: JSON lines, each ending in a checksum of what stands before it.
//
//   {"type":"begin", ..., "checksum":"0123456789abcdef"}
//
// One `begin` line before a case and one `end` line, the record, after it; each is with the system before the next
// thing happens, so a crash loses the case in flight and no more.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace petaproof {

class JournalWriter {
 public:
  /// Creates the file; it must not exist. Throws Error(io).
  explicit JournalWriter(std::filesystem::path path);
  ~JournalWriter();
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  /// Appends one line and hands it to the system; `durable` waits for the disk. Throws Error(io). Takes no lock and
  /// writes with one call, so the watchdog's thread may use it while the main thread hangs.
  void append(const nlohmann::json& line, bool durable = false);

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int file_;
};

/// `line` with its checksum, as the journal holds it, with a line end.
std::string with_checksum(const nlohmann::json& line);

struct JournalContents {
  std::vector<nlohmann::json> lines;  // those whose checksum holds, in order
  /// One text for every line that was dropped: "line 7: cut off", "line 3: checksum does not match".
  std::vector<std::string> damage;
};

/// Throws Error(config) if there is no such file; damage inside is reported, not thrown.
JournalContents read_journal(const std::filesystem::path& path);

}  // namespace petaproof
