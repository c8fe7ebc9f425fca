#include "harness/run/last_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "harness/json/write.hpp"
#include "harness/record/outcome.hpp"
#include "harness/record/utc.hpp"
#include "harness/run/to_stderr.hpp"

namespace petaproof {
namespace {

// A case that was ended by a signal has no result, and no pass either: whoever sent it (a scheduler at its time
// limit, a person, the launcher after another rank died), a later run of the plan may still measure it.
Disposition disposition_of(Watchdog::Cause cause) {
  return cause == Watchdog::Cause::deadline ? Disposition::timeout : Disposition::skipped;
}

}  // namespace

void LastWords::identify(int rank, std::string host) {
  const std::lock_guard lock(mutex_);
  rank_ = rank;
  host_ = std::move(host);
}

void LastWords::keep(const RunFolder& folder, JournalWriter& journal, std::string run_id) {
  const std::lock_guard lock(mutex_);
  folder_ = folder;
  journal_ = &journal;
  run_id_ = std::move(run_id);
}

void LastWords::begin_case(const Case& one, RecordFrame frame, WorkloadFacts facts) {
  const std::lock_guard lock(mutex_);
  in_flight_ = {one, std::move(frame), std::move(facts)};
}

void LastWords::end_case() {
  const std::lock_guard lock(mutex_);
  in_flight_.reset();
}

void LastWords::close_journal() {
  const std::lock_guard lock(mutex_);
  in_flight_.reset();
  journal_ = nullptr;
}

void LastWords::nothing_left() {
  const std::lock_guard lock(mutex_);
  folder_.reset();
}

void LastWords::give_up(int exit_code, const std::string& why) {
  std::optional<RunFolder> folder;
  {
    const std::lock_guard lock(mutex_);
    folder.swap(folder_);
  }
  if (!folder) return;
  try {
    write_file(folder->outcome(), json_text(ended_early(run_id_, exit_code, why)));
  } catch (const std::exception&) {  // the disk is what failed, as like as not, and that has been said
  }
}

void LastWords::speak(const Watchdog::Alarm& alarm) {
  const std::lock_guard lock(mutex_);
  const std::string doing =
      in_flight_ ? fmt::format(" in case {} \"{}\"", in_flight_->one.id, in_flight_->one.title()) : std::string();
  // when one rank dies the launcher ends all others by a signal: one line about that is enough
  if (alarm.cause == Watchdog::Cause::deadline || rank_ <= 0) {
    to_stderr("petaproof: rank {} on {}: {}{}\n", std::max(rank_, 0), host_, alarm.text, doing);
    if (folder_) to_stderr("petaproof: what was measured before is in {}\n", folder_->root.string());
  }
  if (!folder_) return;
  try {
    if (in_flight_ && journal_) {
      in_flight_->frame.end_utc = utc_now();
      journal_->append(make_record(in_flight_->one, in_flight_->frame, in_flight_->facts, disposition_of(alarm.cause),
                                   fmt::format("rank {} on {}: {}", rank_, host_, alarm.text)));
    }
    // a launcher's SIGKILL may be milliseconds away: nothing here waits for the disk
    write_file(folder_->outcome(), json_text(ended_early(run_id_, exit_code_, alarm.text)), false);
  } catch (const std::exception& error) {  // nobody is left to catch it
    to_stderr("petaproof: rank {} on {}: {}\n", rank_, host_, error.what());
  }
}

}  // namespace petaproof
