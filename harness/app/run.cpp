// petaproof run SUITE: measures the cases of a suite on every rank, prints the table and judges the suite's claim.
#include "harness/app/subcommands.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/acceptance/names.hpp"
#include "harness/acceptance/of_run.hpp"
#include "harness/acceptance/render.hpp"
#include "harness/app/exit_code.hpp"
#include "harness/app/run_evidence.hpp"
#include "harness/json/configs.hpp"
#include "harness/json/write.hpp"
#include "harness/judge/render.hpp"
#include "harness/publish/comparison.hpp"
#include "harness/publish/table.hpp"
#include "harness/record/outcome.hpp"
#include "harness/record/provenance.hpp"
#include "harness/record/utc.hpp"
#include "harness/run/common_error.hpp"
#include "harness/run/run.hpp"
#include "harness/run/to_stderr.hpp"
#include "harness/sample/draw_file.hpp"
#include "harness/sample/render.hpp"

namespace petaproof {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

struct Options {
  RunOptions run;
  std::string claim;
  std::string sample;
  std::string criteria;
  int expect_ranks = 0;
  bool json = false;
};

constexpr const char* help =
    "Measures the cases of a suite and verifies every result.\n\n"
    "One rank runs by itself; start more with `mpirun`, `srun --mpi=pmix` or `scripts/petaproof --ranks N`. All\n"
    "ranks agree on the plan, on every iteration count and on the outcome of every case. Results go to stdout and\n"
    "into a run folder (journal.jsonl, manifest.json, outcome.json, ranks/, telemetry/); progress goes to stderr.";

constexpr const char* footer =
    "Examples:\n"
    "  petaproof run smoke                                        a first run on any machine\n"
    "  mpirun -np 8 petaproof run smoke --expect-ranks 8          refuses to be eight runs of one rank\n"
    "  mpirun -np 4 petaproof run smoke --share-gpu               four ranks on one GPU, to try NCCL out\n"
    "  petaproof run my-suite.json --out /data/run1 --claim nexus-hub-240pf\n"
    "  petaproof run acceptance --criteria h100-sxm-80gb           accept GPUs and nodes, or say why not\n"
    "  petaproof run smoke --json | jq '.records[].rates[0].value'\n\n"
    "Exit codes, the same from every rank and in outcome.json: 0 every case passed; 1 a case failed; 2 nothing\n"
    "failed, but not every case could be measured; 3 usage, suite, claim or criteria; 4 MPI, device or disk. With\n"
    "--criteria also 1 where one fails, and 2 where one was not measured. The verdict on the claim is printed and\n"
    "recorded, but does not change the code. A case that the precisions or the compute capability in the\n"
    "GPU's file in configs/hardware rule out does not count, unless there is no other.";

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// As `judge` does it with the run's folder and the same draw.
std::optional<judge::Judgement> judged(const std::string& claim_name, const std::vector<sample::MeasuredRun>& runs,
                                       const std::vector<json>& records, const std::optional<sample::Draw>& draw) {
  if (claim_name.empty()) return std::nullopt;
  const auto knowledge = judge::Knowledge::load(config_root());
  const judge::Claim claim = judge::load_claim(find_config("claims", claim_name), knowledge.hardware);
  return judge::judge_claim(claim, knowledge,
                            run_evidence(runs, records, draw ? &*draw : nullptr, knowledge.hardware).evidence);
}

std::int64_t peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{1024} * usage.ru_maxrss;
}

// Open MPI ends the process with exit(1) where MPI_Init fails, and 1 would say that a case failed.
std::atomic<bool> joining{false};
void explain_exit_inside_mpi() {
  if (!joining) return;
  to_stderr("petaproof: rank {} on {}: MPI could not be started; see MPI's own message\n", launcher_facts().rank,
            host_name());
  _exit(ExitCode::environment);
}

// One process, from its first line to its exit code.
class Session {
 public:
  Session(const Options& options, int argc, char** argv)
      : options_(options),
        launcher_(launcher_facts()),
        last_words_(ExitCode::environment),
        watchdog_(ExitCode::environment, [this](const Watchdog::Alarm& alarm) { last_words_.speak(alarm); }) {
    options_.run.command_line.assign(argv, argv + argc);
    // a claim or criteria that cannot be judged must not be found out after an hour of measuring
    options_.run.approve = [this](const Plan& plan) {
      judged(claim_of(plan), {}, {}, {});
      read_criteria(plan);
      if (!options_.sample.empty()) draw_ = sample::read_draw(options_.sample);
    };
  }

  ExitCode run() {
    std::atexit(explain_exit_inside_mpi);
    try {
      join();
      const ExitCode code = measure();
      leave();
      return code;
    } catch (const CommonError& error) {
      return give_up(error, true);
    } catch (const Error& error) {
      return give_up(error, false);
    } catch (const std::exception& error) {
      return give_up(Error(Domain::internal, error.what()), false);
    }
  }

 private:
  void join() {
    const Clock::time_point begin = Clock::now();
    const Deadline deadline(watchdog_, "MPI_Init", phase_deadline);
    last_words_.identify(launcher_.rank, host_name());
    joining = true;
    world_ = join_world(launcher_);
    joining = false;
    mpi_init_seconds_ = seconds_since(begin);
    last_words_.identify(world_->rank(), host_name());
    check_world_size(world_->size(), options_.expect_ranks, launcher_);
  }

  void read_criteria(const Plan& plan) {
    criteria_ = acceptance::load_named(options_.criteria);
    if (!criteria_) return;
    const nlohmann::json planned = plan.to_json()["cases"];
    acceptance::check_names(*criteria_, planned);
    const auto without = acceptance::without_a_case(*criteria_, planned);
    if (!without.empty())
      to_stderr("petaproof: {} of {} criteria have no case in this run and will not pass: {}\n", without.size(),
                criteria_->all.size(), fmt::join(without, ", "));
  }

  const std::string& claim_of(const Plan& plan) const { return options_.claim.empty() ? plan.claim : options_.claim; }

  ExitCode measure() {
    Console console(Terminal::of(STDERR_FILENO, !launcher_.name.empty()), world_->is_root());
    const RunResult result = run_suite(options_.run, *world_, watchdog_, last_words_, console);
    const Deadline deadline(watchdog_, "finish", phase_deadline);
    const ExitCode code = world_->is_root() ? finish(result) : ExitCode::ok;
    return static_cast<ExitCode>(world_->meet(code).root_value);
  }

  // Rank 0: judges, writes the outcome, prints.
  ExitCode finish(const RunResult& result) {
    std::vector<std::string> ids;
    for (const Case& one : result.plan.cases) ids.push_back(one.id);
    const Coverage coverage = coverage_of(ids, result.records);
    ExitCode code = coverage.any_failed() ? ExitCode::failed
                    : coverage.complete() ? ExitCode::ok
                                          : ExitCode::undecided;
    const std::vector<sample::MeasuredRun> runs{
        sample::measured_from(result.manifest, result.records, result.folder.root.string())};
    const auto judgement = judged(claim_of(result.plan), runs, result.records, draw_);
    if (criteria_) {
      accepted_ = acceptance::check(*criteria_, acceptance::evidence_of(result.manifest, result.records));
      code = worse(code, static_cast<ExitCode>(accepted_->exit_code()));
    }
    const json outcome = outcome_json(result, coverage, code, judgement);
    write_file(result.folder.outcome(), json_text(outcome));
    json manifest = result.manifest;
    manifest["end_utc"] = outcome["end_utc"];
    manifest["files_sha256"] = file_digests(result.folder);
    if (draw_) {
      delivery_ = sample::check_delivery(*draw_, runs);
      manifest["sample"] = sample::delivery_json(*draw_, *delivery_);
    }
    write_file(result.folder.manifest(), json_text(manifest));
    last_words_.nothing_left();
    print(result, coverage, judgement, outcome);
    return code;
  }

  json outcome_json(const RunResult& result, const Coverage& coverage, ExitCode code,
                    const std::optional<judge::Judgement>& judgement) const {
    const double total = seconds_since(begin_);
    json outcome{{"schema", outcome_schema},
                 {"run_id", result.run_id},
                 {"exit_code", static_cast<int>(code)},
                 {"complete", coverage.complete()},
                 {"coverage", to_json(coverage)},
                 {"end_utc", utc_now()},
                 {"claim", nullptr},
                 {"time",
                  {{"total_seconds", total},
                   {"mpi_init_seconds", mpi_init_seconds_},
                   {"launches_seconds", result.spent.launches},
                   {"prepare_seconds", result.spent.prepare},
                   {"verify_seconds", result.spent.verify},
                   // all that is not launches or MPI's start, preparing and verifying included
                   {"harness_seconds", total - mpi_init_seconds_ - result.spent.launches}}},
                 {"peak_memory_bytes", peak_memory_bytes()}};
    if (judgement)
      outcome["claim"] = {{"id", judgement->claim.id},
                          {"aggregate", judgement->aggregate.line},
                          {"confirmed", judgement->aggregate.confirmed},
                          {"refuted", judgement->aggregate.refuted},
                          {"not_decidable", judgement->aggregate.not_decidable}};
    if (accepted_) outcome["acceptance"] = acceptance::summary_json(*criteria_, *accepted_);
    return outcome;
  }

  std::string as_json(const RunResult& result, const std::optional<judge::Judgement>& judgement,
                      const json& outcome) const {
    json document{{"folder", result.folder.root.string()}, {"outcome", outcome}, {"records", result.records}};
    document["judgement"] = judgement ? json::parse(judge::render_json(*judgement)) : json(nullptr);
    if (accepted_) document["acceptance"] = acceptance::report_json(*criteria_, *accepted_);
    return json_text(document);
  }

  std::string as_text(const RunResult& result, const Coverage& coverage,
                      const std::optional<judge::Judgement>& judgement) const {
    std::string text = render_table(result.records, Terminal::of(STDOUT_FILENO, !launcher_.name.empty()).colour);
    if (const std::string comparisons = render_comparisons(result.records); !comparisons.empty())
      text += comparisons + "\n";
    for (const LeftOut& out : result.plan.left_out)
      text += fmt::format("left out: {} ({}): {}\n", out.workload, counted(out.cases, "case"), out.why);
    text += fmt::format("\n{}, {} on {}; records in {}\n", coverage.sentence(), counted(world_->size(), "rank"),
                        counted(world_->nodes(), "node"), result.folder.root.string());
    if (delivery_) text += "\n" + sample::render_delivery(*draw_, *delivery_);
    if (accepted_) text += "\n" + acceptance::render_text(*criteria_, *accepted_);
    return judgement ? text + "\n" + judge::render_summary(*judgement) : text;
  }

  void print(const RunResult& result, const Coverage& coverage, const std::optional<judge::Judgement>& judgement,
             const json& outcome) const {
    const std::string text =
        options_.json ? as_json(result, judgement, outcome) : as_text(result, coverage, judgement);
    std::fputs(text.c_str(), stdout);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      throw Error(Domain::io, fmt::format("standard output cannot be written; the run itself is complete in {}",
                                          result.folder.root.string()));
  }

  void leave() {
    const Deadline deadline(watchdog_, "MPI_Finalize", phase_deadline);
    world_.reset();
  }

  // After an error of this rank alone the others wait in their next meeting, and are told there.
  ExitCode give_up(const Error& error, bool common) {
    const bool elsewhere = error.domain() == Domain::peer || (common && world_ && !world_->is_root());
    if (!elsewhere) to_stderr("petaproof: {}{}\n", common ? "" : where(), error.what());
    const ExitCode code = exit_code_of(error);
    const Deadline deadline(watchdog_, "ending after an error", 10);
    last_words_.give_up(code, error.what());
    if (!world_) return code;
    if (!common && error.domain() != Domain::peer) world_->fail(error.domain());
    world_.reset();
    return code;
  }

  std::string where() const {
    return world_ && world_->size() > 1 ? fmt::format("rank {} on {}: ", world_->rank(), host_name()) : "";
  }

  const Clock::time_point begin_ = Clock::now();
  Options options_;
  LauncherFacts launcher_;
  LastWords last_words_;
  Watchdog watchdog_;
  std::unique_ptr<World> world_;
  std::optional<sample::Draw> draw_;              // rank 0
  std::optional<sample::Delivery> delivery_;      // of this run alone
  std::optional<acceptance::Criteria> criteria_;  // rank 0
  std::optional<acceptance::Report> accepted_;
  double mpi_init_seconds_ = 0;
};

}  // namespace

void add_run_command(CLI::App& app, int& exit_code, int argc, char** argv) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("run", help);
  command->add_option("SUITE", options->run.suite, "A suite file, or the name of one in configs/suites")->required();
  command
      ->add_option("--out", options->run.out,
                   "Run folder; must not hold a run (default: a new one below results/local)")
      ->check([](const std::string& text) { return text.empty() ? "an empty path names no folder" : ""; });
  command->add_option("--backend", options->run.backend, "auto takes cuda where a GPU is visible, else host")
      ->check(CLI::IsMember({"auto", "host", "cuda"}))
      ->capture_default_str();
  command->add_flag("--share-gpu", options->run.share_gpu,
                    "Let ranks use one GPU together where there are fewer GPUs than ranks: to try things out, never "
                    "for a claim");
  command->add_option("--claim", options->claim, "Judge this claim, in place of the one that the suite names");
  command->add_option("--sample", options->sample,
                      "A draw of petaproof sample: record which of its nodes this run has, and which others");
  command->add_option("--criteria", options->criteria,
                      "Acceptance criteria, a file or the name of one in configs/acceptance: say per GPU, node and "
                      "group whether the run meets them");
  command->add_option("--expect-ranks", options->expect_ranks, "Refuse to measure with any other number of ranks")
      ->check(CLI::Range(1, 1 << 24));
  command
      ->add_option("--case-timeout", options->run.case_timeout,
                   "Seconds after which a case that does not end, ends the run (default: 120, ten times what "
                   "the suite gives the case, and more for a large one)")
      ->check([](const std::string& text) {  // CLI::Range lets "nan" pass
        double seconds = 0;
        const bool good = CLI::detail::lexical_cast(text, seconds) && seconds >= 0.1 && seconds <= 1e6;
        return good ? "" : fmt::format("\"{}\" is not a number of seconds from 0.1 to 1000000", text);
      });
  command->add_flag("--corrupt", options->run.corrupt,
                    "Flip one bit of every timed result (where bits need not repeat, make an element NaN) before it "
                    "is verified: every case must then fail");
  command->add_flag("--json", options->json, "Print one JSON document in place of the table");
  command->footer(footer);
  command->callback([options, &exit_code, argc, argv] { exit_code = Session(*options, argc, argv).run(); });
}

}  // namespace petaproof
