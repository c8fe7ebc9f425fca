// The program `petaproof`: parses the command line and runs one subcommand.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/app/exit_code.hpp"
#include "harness/app/subcommands.hpp"
#include "harness/run/to_stderr.hpp"
#include "harness/run/world.hpp"

namespace {

constexpr const char* help =
    "Measures what GPU training clusters really do, and says whether a petaflop claim about them holds.";

constexpr const char* footer =
    "Examples:\n"
    "  petaproof run smoke                             measure, verify and judge; seconds, on any machine\n"
    "  petaproof claim nexus-hub-240pf                 what a published claim may mean, on paper\n"
    "  petaproof judge RUN --claim nexus-hub-240pf     the same beside what a run measured\n"
    "  petaproof list                                  workloads, suites, claims, and what cannot run here\n\n"
    "Exit codes: 0 everything asked for passed; 1 something failed, or what a claim names is refuted; 2 not\n"
    "decidable, under-specified or incomplete; 3 usage or configuration; 4 MPI, device or disk.\n"
    "Results go to stdout, progress and messages to stderr. Every subcommand has --help.";

// The first paragraph of a subcommand's text stands in the program's own help, the rest in the subcommand's alone.
void shorten_descriptions(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands({})) {
    const std::string text = command->get_description();
    const auto end = text.find("\n\n");
    if (end == std::string::npos) continue;
    command->description(text.substr(0, end));
    command->footer(text.substr(end + 2) + "\n\n" + command->get_footer());
  }
}

// CLI11's own codes begin at 100.
int usage_error(const CLI::App& app, const CLI::ParseError& error, const char* first) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help
  std::string what = error.what();
  // CLI11 speaks of what is missing before it speaks of what it does not know
  if (app.get_subcommands().empty() && first && *first != '-')
    what = fmt::format("there is no subcommand \"{}\"", first);
  if (petaproof::launcher_facts().rank == 0) petaproof::to_stderr("petaproof: {} (see petaproof --help)\n", what);
  return petaproof::ExitCode::usage;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{help, "petaproof"};
  app.require_subcommand(1);
  app.footer(footer);
  int exit_code = petaproof::ExitCode::ok;
  petaproof::add_run_command(app, exit_code, argc, argv);
  petaproof::add_claim_command(app, exit_code);
  petaproof::add_judge_command(app, exit_code);
  petaproof::add_list_command(app, exit_code);
  petaproof::add_project_command(app, exit_code);
  petaproof::add_merge_command(app, exit_code);
  petaproof::add_sample_command(app, exit_code);
  petaproof::add_version_command(app, exit_code);
  shorten_descriptions(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, argc > 1 ? argv[1] : nullptr);
  } catch (const petaproof::Error& error) {
    petaproof::to_stderr("petaproof: {}\n", error.what());
    return petaproof::exit_code_of(error);
  } catch (const nlohmann::json::exception& error) {
    // a line whose checksum holds, and which is no record all the same
    petaproof::to_stderr("petaproof: a record is not of the format that this version reads: {}\n", error.what());
    return petaproof::ExitCode::usage;
  } catch (const std::exception& error) {
    petaproof::to_stderr("petaproof: {}\n", error.what());
    return petaproof::ExitCode::environment;
  }
  const bool told = exit_code == petaproof::ExitCode::environment;
  if (!told && (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)) {
    petaproof::to_stderr("petaproof: standard output cannot be written\n");
    return petaproof::ExitCode::environment;
  }
  return exit_code;
}
