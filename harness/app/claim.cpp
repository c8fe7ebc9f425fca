// petaproof claim FILE_OR_FOLDER...: what a published claim may mean, and which of its readings paper alone refutes.
#include "harness/app/subcommands.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "harness/app/exit_code.hpp"
#include "harness/app/output_form.hpp"
#include "harness/json/configs.hpp"
#include "harness/judge/conflicts.hpp"
#include "harness/power/metered.hpp"

namespace petaproof {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string reading;
  std::vector<std::string> power;
  OutputForm form;
};

constexpr const char* help =
    "Judges a published claim on paper: no GPU, no run, no network.\n\n"
    "A claim such as \"4,000 GPUs, 240 petaflops\" leaves open what it means. It is expanded into readings, "
    "GPU model\n"
    "x precision x sparsity x kind, and each reading gets its own verdict: REFUTED where even the peak of "
    "the most\n"
    "GPUs that round to the claim falls short of the least compute that rounds to it; otherwise NOT "
    "DECIDABLE, with\n"
    "what would decide it. `petaproof judge RUN --claim FILE` adds what a run measured.";

constexpr const char* footer =
    "Examples:\n"
    "  petaproof claim nexus-hub-240pf                      a claim of configs/claims, by name\n"
    "  petaproof claim my-claim.json --json | jq '.readings[] | select(.verdict == \"REFUTED\") | .reading'\n"
    "  petaproof claim nexus-hub-240pf --reading h100-sxm-80gb/fp64/dense/peak\n"
    "  petaproof claim nexus-hub-240pf --reading /bf16/dense/\n"
    "  petaproof claim nexus-hub-240pf --reading h200-sxm-141gb/fp64_tensor/dense/kernel --explain\n"
    "  petaproof claim configs/claims                       all of a folder, in short, and what excludes what\n\n"
    "Exit codes: 0 every reading is confirmed; 1 the reading that the claim names, or every reading, is "
    "refuted;\n"
    "2 under-specified or not decidable; 3 usage, or a claim that is not valid. With several files: 1 before "
    "2 before\n"
    "0. --reading chooses what is shown; verdict and exit code stay those of the whole claim. Nor do conflicts "
    "between\n"
    "claims change them.";

struct ClaimFiles {
  std::vector<std::filesystem::path> paths;
  bool has_folder = false;
};

ClaimFiles claim_files(const std::vector<std::string>& names) {
  ClaimFiles files;
  for (const auto& name : names) {
    if (!std::filesystem::is_directory(name)) {
      files.paths.push_back(find_config("claims", name));
      continue;
    }
    files.has_folder = true;
    const auto first = static_cast<std::ptrdiff_t>(files.paths.size());
    for (const auto& entry : std::filesystem::directory_iterator(name))
      if (entry.path().extension() == ".json") files.paths.push_back(entry.path());
    if (std::ssize(files.paths) == first)
      throw Error(Domain::usage, fmt::format("{}: no claim file (*.json) is in this folder", name));
    std::sort(files.paths.begin() + first, files.paths.end());
  }
  return files;
}

ExitCode run(const Options& options) {
  const auto knowledge = judge::Knowledge::load(config_root());
  // all are read before any is judged: a mistake in the last file is not found after pages of output
  judge::Evidence evidence;
  evidence.power = power::read_all_metered_power(options.power);
  const ClaimFiles files = claim_files(options.files);
  std::vector<judge::Claim> claims;
  for (const auto& path : files.paths) claims.push_back(judge::load_claim(path, knowledge.hardware));
  std::vector<judge::Judgement> judgements;
  for (const auto& claim : claims)
    judgements.push_back(judge::select_readings(judge::judge_claim(claim, knowledge, evidence), options.reading));
  const bool in_short = files.has_folder && options.form.is_plain();
  ExitCode code = ExitCode::ok;
  for (std::size_t i = 0; i < judgements.size(); ++i) {
    const bool apart = i > 0 && !options.form.json;
    const std::string text = options.form.json ? judge::render_json(judgements[i])
                             : in_short        ? judge::render_summary(judgements[i])
                                               : options.form.text(judgements[i]);
    std::fputs(((apart ? "\n" : "") + text).c_str(), stdout);
    code = worse(code, exit_code_of(judgements[i]));
  }
  if (files.has_folder || claims.size() > 1) {
    const auto conflicts = judge::conflicts_of(claims);
    if (options.form.json)
      std::fputs(judge::render_conflicts_json(conflicts).c_str(), stdout);
    else if (!conflicts.empty())
      std::fputs(("\n" + judge::render_conflicts(conflicts)).c_str(), stdout);
  }
  return code;
}

}  // namespace

void add_claim_command(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("claim", help);
  command
      ->add_option("FILE", options->files,
                   "Claim files, names of claims in configs/claims, or folders of claim files")
      ->required();
  options->form.add_options(*command);
  command->add_option("--reading", options->reading,
                      "Show only readings whose name, MODEL/PRECISION/SPARSITY/KIND, contains this");
  command->add_option("--power", options->power, power::accepted_files);
  command->footer(footer);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace petaproof
