// Drawing nodes: a pure function of the list, the auditor's seed and the size. README.md beside this file says it so
// that anyone can redo it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/sample/level.hpp"
#include "harness/sample/node_list.hpp"

namespace petaproof::sample {

/// How the size of a sample was asked for: exactly one of the three.
struct SizeRequest {
  std::optional<std::int64_t> nodes;
  std::optional<double> margin;     // fraction of the mean
  std::optional<char> level;        // 'B' or 'C'
  std::optional<double> variation;  // between nodes, as a fraction; absent: judge::default_variation
  double planned_variation() const;
};

struct Size {
  std::int64_t nodes = 0;
  std::string because;  // "62 of 500 nodes: a margin of 1 % where nodes vary by 5 %"
};

/// Throws Error(usage) if the list has fewer nodes than asked for.
Size size_of(const SizeRequest& request, const NodeList& list);

/// Why a text is no seed; empty if it is one.
std::string why_no_seed(const std::string& seed);

/// A seed this short might be guessed by who writes the list.
bool is_guessable(const std::string& seed);

struct Draw {
  NodeList list;
  std::string hash;  // of the list
  std::string seed;
  bool committed = false;  // the hash was given before the seed, and is the list's
  SizeRequest asked;
  Size size;
  std::vector<PodCount> pods;      // in byte order
  std::vector<std::size_t> drawn;  // indices into list.nodes, ascending

  std::vector<std::string> names() const;
  Selection selection() const;
};

/// Throws Error(usage) on a seed or a size that cannot be.
Draw draw_nodes(NodeList list, const std::string& seed, const SizeRequest& asked, bool committed);

}  // namespace petaproof::sample
