// What nodes are called, in a list and by themselves: one node goes by "N001", "n001" and "n001.example.org".
#pragma once

#include <string>
#include <string_view>

namespace petaproof {

/// Lower case, without the dot that may end a full name.
std::string normalised_name(std::string_view name);

/// What stands before the first dot.
std::string short_name(std::string_view name);

/// Why `name`, normalised, is no node's name; empty if it is one.
std::string why_no_name(std::string_view name);

/// Why `label`, normalised, is no name of a pod or rack; empty if it is one.
std::string why_no_label(std::string_view label);

/// The same for every spelling that may mean the same node: short, and without leading zeros. Two nodes of one list
/// must not share it.
std::string alike_key(std::string_view name);

/// Whether a node of a list and a host that was measured are one: equal, or equal up to the domain where one of them
/// has none. Two different domains make two nodes.
bool same_node(std::string_view a, std::string_view b);

/// For messages: other people's bytes, printable and not too many of them.
std::string shown(std::string_view text);

}  // namespace petaproof
