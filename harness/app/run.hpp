// The subcommand `run`.
#pragma once

namespace CLI {
class App;
}

namespace petaproof {

/// Adds it to `app`; when chosen it measures, prints to stdout and sets `exit_code`. Errors are printed by the one
/// rank that should, and end as exit codes.
void add_run_command(CLI::App& app, int& exit_code, int argc, char** argv);

}  // namespace petaproof
