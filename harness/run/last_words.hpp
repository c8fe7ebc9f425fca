// What a rank still writes when it is ended from outside: by its watchdog, a launcher or a person. Runs in the
// watchdog's thread while the main thread may hang in MPI or in a kernel.
#pragma once

#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "harness/record/journal.hpp"
#include "harness/record/record.hpp"
#include "harness/run/run_folder.hpp"
#include "harness/run/watchdog.hpp"

namespace petaproof {

class LastWords {
 public:
  /// `exit_code` is what the process will end with; it stands in outcome.json.
  explicit LastWords(int exit_code) : exit_code_(exit_code) {}

  /// Who speaks; before this, "rank 0 on ?".
  void identify(int rank, std::string host);
  /// From now on there is a folder to leave an outcome in (rank 0 only).
  void keep(const RunFolder& folder, JournalWriter& journal, std::string run_id);
  void begin_case(const Case& one, RecordFrame frame, WorkloadFacts facts);
  void end_case();
  /// The journal is about to close; an outcome may still be left.
  void close_journal();
  /// The outcome is written: nothing more to say.
  void nothing_left();
  /// The main thread gives up: leaves an outcome, if there is a folder and none yet. Throws nothing.
  void give_up(int exit_code, const std::string& why);

  void speak(const Watchdog::Alarm& alarm);

 private:
  struct InFlight {
    Case one;
    RecordFrame frame;
    WorkloadFacts facts;
  };

  // Held for assignments only, never across MPI, a launch or a write of the main thread.
  std::mutex mutex_;
  const int exit_code_;
  int rank_ = -1;
  std::string host_ = "?";
  std::string run_id_;
  std::optional<RunFolder> folder_;
  JournalWriter* journal_ = nullptr;
  std::optional<InFlight> in_flight_;
};

}  // namespace petaproof
