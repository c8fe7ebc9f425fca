// petaproof merge RUN...: joins runs of one plan, whole or cut off, and says what is missing.
#include "harness/app/subcommands.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/app/exit_code.hpp"
#include "harness/json/write.hpp"
#include "harness/publish/comparison.hpp"
#include "harness/publish/table.hpp"
#include "harness/record/loaded_run.hpp"
#include "harness/run/to_stderr.hpp"

namespace petaproof {
namespace {

struct Options {
  std::vector<std::string> folders;
  std::string out;
  bool json = false;
};

constexpr const char* help =
    "Joins runs of one plan: one that was cut off and the one that finished it, or a suite on several days.\n\n"
    "Journals may be cut off anywhere; lines whose checksum does not hold are named and left out. All records of\n"
    "all runs are kept: a case that failed in one run and passed in another has failed. What no run measured is\n"
    "listed.";

constexpr const char* footer =
    "Examples:\n"
    "  petaproof merge monday tuesday --out both      then: petaproof judge both --claim nexus-hub-240pf\n"
    "  petaproof merge broken-run                     what a run that broke off has, and what it lacks\n\n"
    "Exit codes: 0 every case of the plan passed; 1 a case failed; 2 a case is missing, skipped or not supported\n"
    "(unless its record says that this was predicted, and others are there), or a journal is damaged; 3 not run\n"
    "folders, or of different plans; 4 the result cannot be written.";

ExitCode code_of(const LoadedRun& merged, const Coverage& coverage) {
  if (coverage.any_failed()) return ExitCode::failed;
  return coverage.complete() && merged.damage.empty() ? ExitCode::ok : ExitCode::undecided;
}

void print_text(const LoadedRun& merged, const Coverage& coverage) {
  fmt::print("{}{}\n{}\n", render_table(merged.records, false), render_comparisons(merged.records),
             coverage.sentence());
  for (const std::string& id : coverage.missing) {
    const bool begun = std::ranges::find(merged.in_flight, id) != merged.in_flight.end();
    fmt::print("missing: case {}{}\n", id, begun ? " (begun, but the run broke off in it)" : "");
  }
  for (const std::string& damage : merged.damage) fmt::print("damaged: {}\n", damage);
}

void print_json(const LoadedRun& merged, const Coverage& coverage) {
  fmt::print("{}", json_text({{"run_id", merged.run_id},
                              {"plan_hash", merged.plan_hash},
                              {"coverage", to_json(coverage)},
                              {"in_flight", merged.in_flight},
                              {"damage", merged.damage},
                              {"records", merged.records}}));
}

ExitCode run(const Options& options) {
  std::vector<LoadedRun> runs;
  for (const std::string& folder : options.folders) runs.push_back(load_run(folder));
  const LoadedRun merged = merge_runs(runs);
  if (!options.out.empty()) write_merged_run(merged, runs, options.out);
  const Coverage coverage = merged.coverage();
  for (const std::string& difference : differences(runs)) to_stderr("petaproof: the runs differ in {}\n", difference);
  if (options.json)
    print_json(merged, coverage);
  else
    print_text(merged, coverage);
  return code_of(merged, coverage);
}

}  // namespace

void add_merge_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("merge", help);
  command->add_option("RUN", options->folders, "Run folders of one plan")->required();
  command->add_option("--out", options->out, "Write the joined run to this folder, which must not hold a run");
  command->add_flag("--json", options->json, "Print one JSON document in place of the table");
  command->footer(footer);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace petaproof
