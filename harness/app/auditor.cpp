#include "harness/app/auditor.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "harness/record/node_name.hpp"
#include "kernels/device/error.hpp"

namespace petaproof {

void AuditorNotes::add_options(CLI::App& command) {
  command.add_option("--expect-hash", hash, "Refuse a draw from a list with another SHA-256");
  command.add_option("--expect-seed", seed, "Refuse a draw with another seed");
}

void AuditorNotes::check(const sample::Draw& draw, const std::string& file) const {
  if (!hash.empty()) require_hash(hash, draw.hash, file);
  if (seed && *seed != draw.seed)
    throw Error(Domain::config,
                fmt::format("{}: was drawn with the seed \"{}\", not with \"{}\"", file, draw.seed, shown(*seed)));
}

void require_hash(const std::string& expected, const std::string& found, const std::string& file) {
  const std::string asked = normalised_name(expected);
  if (asked.size() != 64 || asked.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw Error(Domain::usage,
                fmt::format("--expect-hash: \"{}\" is no SHA-256 of 64 hexadecimal digits", shown(expected)));
  if (asked != found)
    throw Error(Domain::config,
                fmt::format("{}: its list of nodes hashes to {}, not to {}: it is another list, or was changed since",
                            file, found, asked));
}

}  // namespace petaproof
