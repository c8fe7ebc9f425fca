// The subcommands, one file each. Each function adds its own to `app`; when the user chooses it, it prints to stdout
// and sets `exit_code`. Errors leave it as exceptions, but for `run`, whose ranks must agree on who prints what.
#pragma once

namespace CLI {
class App;
}

namespace petaproof {

void add_run_command(CLI::App& app, int& exit_code, int argc, char** argv);
void add_claim_command(CLI::App& app, int& exit_code);
void add_judge_command(CLI::App& app, int& exit_code);
void add_list_command(CLI::App& app, int& exit_code);
void add_project_command(CLI::App& app, int& exit_code);
void add_merge_command(CLI::App& app, int& exit_code);
void add_sample_command(CLI::App& app, int& exit_code);
void add_version_command(CLI::App& app, int& exit_code);

}  // namespace petaproof
