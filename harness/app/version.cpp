// petaproof version: what this binary is and what it runs with.
#include "harness/app/subcommands.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/app/exit_code.hpp"
#include "harness/json/write.hpp"
#include "harness/record/provenance.hpp"
#include "kernels/build_facts.hpp"

namespace petaproof {

void add_version_command(CLI::App& app, int& exit_code) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("version", "Prints version, commit, compiler, flags and libraries.");
  command->add_flag("--json", *as_json, "Print one JSON document");
  command->footer("Exit code: 0.");
  command->callback([as_json, &exit_code] {
    exit_code = ExitCode::ok;
    if (*as_json) {
      fmt::print("{}", json_text({{"build", build_json()}, {"libraries", library_json("")}}));
      return;
    }
    const BuildFacts& facts = build_facts();
    fmt::print("petaproof {}\ncommit    {}{}\ncompiler  {}\nflags     {}\nbuild     {}\n", facts.version,
               facts.git_commit, facts.git_dirty ? " (with local changes)" : "", facts.compiler, facts.flags,
               facts.build_type);
  });
}

}  // namespace petaproof
