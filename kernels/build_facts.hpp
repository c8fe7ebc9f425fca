// How this binary came to be; generated at build time.
#pragma once

#include <string>

namespace petaproof {

struct BuildFacts {
  std::string version;
  std::string git_commit;  // "unknown" outside a git tree
  bool git_dirty = true;   // true also where it cannot be known
  std::string compiler;
  std::string flags;
  std::string build_type;
};

const BuildFacts& build_facts();

}  // namespace petaproof
