// The list of all nodes that a provider hands in, and the hash that fixes it before anything is drawn.
//
// Format and hash are the protocol's: README.md beside this file.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace petaproof::sample {

struct Node {
  std::string name;
  std::string pod;   // empty: the list has none
  std::string rack;  // likewise
};

struct NodeList {
  std::vector<Node> nodes;  // by name, in byte order; names are normalised, and no two are alike

  bool has_pods() const { return !nodes.empty() && !nodes.front().pod.empty(); }
  /// "NAME", "NAME POD" or "NAME POD RACK".
  std::vector<std::string> lines() const;
  /// Of the canonical text: "petaproof-nodes/1" and the lines, each with a line end.
  std::string sha256() const;
  /// Indices of nodes by pod, in byte order of the pods; one entry with an empty name where the list has none.
  std::map<std::string, std::vector<std::size_t>> pods() const;
};

/// `text` in any of the three formats; `file` stands for it in messages. Throws Error(config), with the line number,
/// on a name that is none, a node listed twice under any spelling, a pod or rack that only some nodes have, no node.
NodeList parse_node_list(std::string_view text, const std::string& file);

NodeList read_node_list(const std::filesystem::path& path);

}  // namespace petaproof::sample
