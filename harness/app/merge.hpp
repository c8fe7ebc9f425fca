// The subcommand `merge`.
#pragma once

namespace CLI {
class App;
}

namespace petaproof {

/// Adds it to `app`; when chosen it prints to stdout and sets `exit_code`. Errors leave it as exceptions.
void add_merge_command(CLI::App& app, int& exit_code);

}  // namespace petaproof
