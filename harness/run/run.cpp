#include "harness/run/run.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <random>

#include "harness/json/configs.hpp"
#include "harness/json/strict.hpp"
#include "harness/json/write.hpp"
#include "harness/record/issue_peak.hpp"
#include "harness/record/outcome.hpp"
#include "harness/record/peak.hpp"
#include "harness/record/prediction.hpp"
#include "harness/record/provenance.hpp"
#include "harness/record/sha256.hpp"
#include "harness/record/utc.hpp"
#include "harness/run/common_error.hpp"
#include "harness/run/manifest.hpp"
#include "harness/run/rank_devices.hpp"
#include "harness/run/unset_report.hpp"
#include "harness/telemetry/telemetry.hpp"

namespace petaproof {
namespace {

using nlohmann::json;

// Forwards what the measuring loop says to the watchdog and to the terminal.
class WatchedProgress : public Progress {
 public:
  WatchedProgress(Watchdog& watchdog, Console& console) : watchdog_(watchdog), console_(console) {}
  void phase(std::string_view name) override {
    watchdog_.note(std::string(name));
    console_.phase(std::string(name));
  }
  void launched(std::int64_t count) override { watchdog_.count(count); }

 private:
  Watchdog& watchdog_;
  Console& console_;
};

std::string new_run_id() {
  std::random_device random;
  return short_sha256(fmt::format("{}{}{}{}", utc_now(), host_name(), random(), random()));
}

// Rank 0 reads, so that the file need not exist on every node.
Plan shared_plan(const std::string& suite, const RunSetting& setting, World& world) {
  const std::string path = from_root(world, [&] { return find_config("suites", suite).string(); });
  const std::string text = from_root(world, [&] { return read_text_file(path, "suite"); });
  Plan plan;
  std::optional<Error> refusal;
  try {
    plan = expand_suite(text, path, setting);
  } catch (const Error& error) {
    refusal.emplace(error);
  }
  require_agreement("the plan", refusal ? refusal->what() : plan.hash, world);
  if (refusal) throw CommonError(*refusal);
  return plan;
}

class Run {
 public:
  Run(const RunOptions& options, World& world, Watchdog& watchdog, LastWords& last_words, Console& console)
      : options_(options),
        world_(world),
        watchdog_(watchdog),
        last_words_(last_words),
        console_(console),
        progress_(watchdog, console),
        host_(host_name()) {}
  ~Run() { last_words_.close_journal(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  RunResult run() {
    {
      const Deadline deadline(watchdog_, "preflight", phase_deadline);
      prepare();
    }
    for (std::size_t i = 0; i < result_.plan.cases.size(); ++i) run_one(static_cast<int>(i));
    console_.finish();
    return std::move(result_);
  }

 private:
  void prepare() {
    devices_.emplace(options_.backend, options_.share_gpu, world_);
    // before the suite is read: ranks of different versions would not read the same in it
    const auto ranks = agree_on_identities(devices_->identity(telemetry_), options_.share_gpu, world_);
    result_.plan = shared_plan(options_.suite, {devices_->backend(), world_.size()}, world_);
    from_root(world_, [&] {
      options_.approve(result_.plan);
      return std::string();
    });
    if (world_.is_root()) announce(ranks);
    from_root(world_, [&] {  // the host's records are held against no peak
      if (devices_->backend() != "host") hardware_ = judge::HardwareDatabase::load(config_folder("hardware"));
      return std::string();
    });
    result_.run_id = world_.broadcast(new_run_id());
    result_.folder = make_run_folder(options_.out, result_.plan.suite, result_.run_id, world_);
    open_files(ranks);
    telemetry_.keep(result_.folder.telemetry_trace(world_.rank(), host_), result_.run_id, world_.rank(), host_);
    world_.meet();  // a disk that failed just now fails every rank here
    for (const Case& one : result_.plan.cases) seconds_left_ += expected_seconds(one);
  }

  void announce(const std::vector<RankIdentity>& ranks) {
    if (devices_->backend() == "host")
      console_.say(fmt::format("Backend host: no GPU is used ({}). CPU results can support no claim about GPUs.",
                               devices_->why_no_gpu()));
    else if (!ranks.front().device_name.empty())
      console_.say(fmt::format("Backend {}: {} on {}, rank 0 has {}{}.", devices_->backend(),
                               counted(world_.size(), "rank"), counted(world_.nodes(), "node"),
                               ranks.front().device_name,
                               devices_->shared() ? "; ranks share GPUs, so that no rate is a GPU's own" : ""));
    if (const std::string unset = unset_sentence(ranks); !unset.empty()) console_.say(unset);
  }

  // What a case is expected to take; most of it is what the suite asks for.
  static double expected_seconds(const Case& one) { return one.measure.seconds + one.measure.warm_up_seconds; }

  void open_files(const std::vector<RankIdentity>& ranks) {
    if (world_.leads_node()) {
      rank_journal_.emplace(result_.folder.rank_journal(world_.node(), host_));
      // what the rest means, should rank 0's folder be lost
      rank_journal_->append({{"type", "plan"}, {"run_id", result_.run_id}, {"plan", result_.plan.to_json()}});
    }
    if (!world_.is_root()) return;
    journal_.emplace(result_.folder.journal());
    last_words_.keep(result_.folder, *journal_, result_.run_id);
    result_.manifest = make_manifest(result_.run_id, options_, result_.plan, ranks, *devices_, world_);
    write_file(result_.folder.manifest(), json_text(result_.manifest));
  }

  void run_one(int index) {
    const Case& one = result_.plan.cases[index];
    RecordFrame frame{.run_id = result_.run_id, .sequence = index, .begin_utc = utc_now(), .end_utc = {}};
    const auto workload = Registry::instance().make(one.workload);
    const WorkloadFacts facts = facts_of(workload.get(), one);
    frame.gpu_shared = devices_->shared() && facts.backend == devices_->backend();
    const Deadline deadline(
        watchdog_, "begin",
        options_.case_timeout > 0 ? options_.case_timeout : case_deadline(one, facts, frame.gpu_shared));
    console_.begin_case(index + 1, static_cast<int>(result_.plan.cases.size()), one.title(), seconds_left_);
    seconds_left_ -= expected_seconds(one);
    last_words_.begin_case(one, frame, facts);
    if (journal_) journal_->append(begin_line(one, frame));
    world_.meet();  // where rank 0 cannot write, nobody measures

    json record = measured(one, frame, facts, workload.get());
    if (journal_) {
      add_share_of_issue_peak(result_.records, record);
      last_words_.end_case();
      journal_->append(record, true);
      console_.end_case(disposition_text(record), record["reason"].is_null() ? "" : record["reason"]);
      result_.records.push_back(record);
    }
    if (rank_journal_failure_) throw *rank_journal_failure_;
    if (telemetry_.failure()) throw *telemetry_.failure();
    // a rank that cannot write any more stops everybody here, and so does one whose device is broken
    if (world_.meet(0, device_lost_).any) throw CommonError(Domain::system, why_lost(one, record));
  }

  static std::string why_lost(const Case& one, const json& record) {
    const std::string reason = record.is_null() ? "" : record["reason"];
    return fmt::format("{}: {}; nothing that this device computes can be trusted any more, so the run ends here",
                       one.title(), reason);
  }

  WorkloadFacts facts_of(const Workload* workload, const Case& one) const {
    if (!workload) return {};
    const WorkloadInfo& info = workload->info();
    return {info.backend, workload->deterministic(one.params), info.collective,
            workload->work(one.params, world_.size())};
  }

  // The record on rank 0, nothing elsewhere.
  json measured(const Case& one, RecordFrame frame, const WorkloadFacts& facts, Workload* workload) {
    const auto without_measurement = [&](const std::string& reason) {
      frame.end_utc = utc_now();
      return make_record(one, frame, facts, Disposition::not_supported, reason);
    };
    if (!workload) return without_measurement(one.absent);
    Device* device = devices_->open(facts.backend);
    if (!device) return without_measurement(why_no_device(facts.backend));

    CollectiveContext context(*device, one.params, one.fill, one.seed, world_.communicator());
    watchdog_.note("start of telemetry");
    CaseTelemetry telemetry(telemetry_, one.id, device->facts(), progress_);
    const CaseOutcome outcome =
        run_case(*workload, context, world_.size(), {one.measure, options_.corrupt, &searches_}, world_, telemetry);
    watchdog_.note("end of telemetry");  // NVML may hang as anything else of a driver
    const TelemetrySummary sampled = telemetry.finish();
    watchdog_.note("gather");
    device_lost_ = outcome.sticky;
    result_.spent.launches += outcome.seconds.warm_up + outcome.seconds.measure;
    result_.spent.prepare += outcome.seconds.prepare;
    result_.spent.verify += outcome.seconds.verify;
    RankReport mine = report_of(outcome, world_.rank(), host_, device->facts().name);
    mine.telemetry = sampled;
    write_rank_journal(one, world_.gather_node(json_line(to_json(mine, true))));
    const auto slowest = slowest_samples(facts, outcome);
    std::vector<RankReport> ranks;
    for (const std::string& text : world_.gather(json_line(to_json(mine, false))))
      ranks.push_back(rank_report_from(json::parse(text)));
    if (!world_.is_root()) return nullptr;
    frame.end_utc = utc_now();
    if (!hardware_) return make_record(one, frame, facts, ranks, slowest);
    refuse_impossible_rates(one, facts, *hardware_, ranks);
    json record = make_record(one, frame, facts, ranks, slowest);
    add_share_of_peak(*hardware_, record);
    add_prediction(*hardware_, *workload, one.params, record);
    return record;
  }

  // Raw samples stay on the node that took them: a thousand per rank would not fit on rank 0 of a large cluster.
  void write_rank_journal(const Case& one, const std::vector<std::string>& reports) {
    if (!rank_journal_ || rank_journal_failure_) return;
    try {
      for (const std::string& text : reports)
        rank_journal_->append(
            {{"type", "rank"}, {"run_id", result_.run_id}, {"case_id", one.id}, {"report", json::parse(text)}});
    } catch (const Error& error) {
      rank_journal_failure_.emplace(error);
    }
  }

  std::vector<double> slowest_samples(const WorkloadFacts& facts, const CaseOutcome& outcome) {
    const std::vector<double>& mine = outcome.measurement.sample_seconds;
    if (!facts.collective || world_.meet(0, mine.empty()).any) return {};
    return world_.maximum(mine);
  }

  const RunOptions& options_;
  World& world_;
  Watchdog& watchdog_;
  LastWords& last_words_;
  Console& console_;
  WatchedProgress progress_;
  std::string host_;
  std::optional<RankDevices> devices_;         // from prepare() on
  std::optional<JournalWriter> journal_;       // rank 0
  std::optional<JournalWriter> rank_journal_;  // first rank of each node
  std::optional<Error> rank_journal_failure_;
  Telemetry telemetry_;
  std::optional<judge::HardwareDatabase> hardware_;  // rank 0
  bool device_lost_ = false;
  SearchMemory searches_;
  double seconds_left_ = 0;
  RunResult result_;
};

}  // namespace

// Generous: a deadline is there to end a hang, not to judge speed. A large case is filled, verified and launched many
// times before it is over, at a rate that even a slow device, or a slow network, exceeds. Ranks that share a GPU take
// turns on it, and wait in every step of a collective for a turn of the others.
double case_deadline(const Case& one, const WorkloadFacts& facts, bool gpu_shared) {
  const double alone = facts.backend == "host" || facts.collective ? 1e9 : 1e11;  // FLOP/s or B/s
  const double slowest_rate = gpu_shared ? alone / 10 : alone;
  const double work = facts.work.empty() ? 0 : facts.work.front().per_launch;
  return 120 + 10 * (one.measure.seconds + one.measure.warm_up_seconds) + 30 * work / slowest_rate;
}

RunResult run_suite(const RunOptions& options, World& world, Watchdog& watchdog, LastWords& last_words,
                    Console& console) {
  return Run(options, world, watchdog, last_words, console).run();
}

}  // namespace petaproof
