// Which evidence level the selection of nodes can reach (levels: harness/judge/README.md), and what it lacks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace petaproof::sample {

enum class Selection {
  all,              // every node of the list
  random,           // drawn by a seed that came after the list's hash
  uncommitted,      // drawn, but nothing says that the list was fixed before the seed
  provider_chosen,  // by who is judged: it may refute, never confirm
};

std::string to_string(Selection selection);

/// What counts: nodes of the whole list, and those that are measured, of each pod.
struct PodCount {
  std::string pod;  // empty: the list has no pods
  std::int64_t nodes = 0;
  std::int64_t sampled = 0;
  bool operator==(const PodCount&) const = default;
};

/// Levels beside the selection ask for windows too: that is for the run to show.
struct Level {
  char reach = 'D';                                // 'A' to 'D'
  std::map<char, std::vector<std::string>> lacks;  // of 'A', 'B' and 'C'; empty lists are reached
};

Level level_of(const std::vector<PodCount>& pods, Selection selection);

}  // namespace petaproof::sample
