#include "harness/sample/node_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>

#include "harness/json/strict.hpp"
#include "harness/record/node_name.hpp"
#include "harness/record/sha256.hpp"
#include "harness/sample/host_range.hpp"
#include "kernels/device/error.hpp"

namespace petaproof::sample {
namespace {

constexpr const char* schema = "petaproof-nodes/1";
enum Column { node, pod, rack, columns };
constexpr std::array<const char*, columns> column_names{"node", "pod", "rack"};
using Row = std::array<std::string, columns>;

// Collects rows, checks them against each other, and says where a bad one stands.
class Builder {
 public:
  explicit Builder(std::string file) : file_(std::move(file)) {}

  // `where`: "17" for a line, "$.nodes[3]" in JSON.
  void add(const Row& row, const std::string& where) {
    for (const Column column : {pod, rack})
      if (!row[column].empty())
        if (const std::string why = why_no_label(row[column]); !why.empty())
          fail(where, fmt::format("{}: {}", column_names[column], why));
    if (row[pod].empty() && !row[rack].empty()) fail(where, "a rack without a pod; give the pod too");
    check_same_columns(row, where);
    for (const std::string& name : names_in(row[node], where))
      add_node({normalised_name(name), normalised_name(row[pod]), normalised_name(row[rack])}, where);
  }

  NodeList finish() {
    if (list_.nodes.empty())
      throw Error(Domain::config, fmt::format("{}: no node is listed; write one a line", file_));
    std::ranges::sort(list_.nodes, {}, &Node::name);
    return std::move(list_);
  }

  [[noreturn]] void fail(const std::string& where, const std::string& what) const {
    throw Error(Domain::config, fmt::format("{}:{}: {}", file_, where, what));
  }

 private:
  std::vector<std::string> names_in(const std::string& text, const std::string& where) const {
    try {
      return expand_hosts(text);
    } catch (const Error& error) {
      fail(where, error.what());
    }
  }

  void add_node(Node one, const std::string& where) {
    if (const std::string why = why_no_name(one.name); !why.empty()) fail(where, why);
    const auto [first, is_new] = seen_.emplace(alike_key(one.name), Seen{one.name, where});
    if (!is_new) fail_twice(one.name, first->second.name, first->second.where, where);
    list_.nodes.push_back(std::move(one));
    if (list_.nodes.size() > most_names) fail(where, fmt::format("more than {} nodes", most_names));
  }

  [[noreturn]] void fail_twice(const std::string& name, const std::string& other, const std::string& first,
                               const std::string& where) const {
    if (name == other)
      fail(where, fmt::format("{} is listed twice, first at {} (a CSV file begins with the line node,pod,rack)", name,
                              first));
    fail(where, fmt::format("{} and {} (at {}) may be one node: names must differ before the first dot, and by more "
                            "than case and leading zeros",
                            name, other, first));
  }

  void check_same_columns(const Row& row, const std::string& where) {
    const std::array<bool, columns> has{true, !row[pod].empty(), !row[rack].empty()};
    if (!has_) {
      has_ = has;
      first_ = where;
    }
    for (const Column column : {pod, rack})
      if (has[column] != (*has_)[column])
        fail(where,
             fmt::format("this node has {} {}, the one at {} has {}; give every node one, or none",
                         has[column] ? "a" : "no", column_names[column], first_, has[column] ? "none" : "one"));
  }

  struct Seen {
    std::string name, where;
  };

  std::string file_;
  NodeList list_;
  std::unordered_map<std::string, Seen> seen_;
  std::optional<std::array<bool, columns>> has_;
  std::string first_;
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// At blanks, or at commas outside of brackets; CSV fields may stand in double quotes.
std::vector<std::string> fields_of(std::string_view line, bool csv) {
  std::vector<std::string> fields;
  std::string field;
  bool inside = false;
  const auto end_field = [&] {
    std::string_view text = trimmed(field);
    if (csv && text.size() > 1 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    if (csv || !text.empty()) fields.emplace_back(text);
    field.clear();
  };
  for (const char c : line) {
    if (c == '[' || c == ']') inside = c == '[';
    if (csv ? c == ',' && !inside : is_blank(c))
      end_field();
    else
      field += c;
  }
  end_field();
  return fields;
}

// Which column a field is, by its place.
struct Layout {
  std::vector<Column> order{node, pod, rack};
  bool csv = false;
};

// A first line that names the columns; without one they are node, pod and rack, parted by blanks.
std::optional<Layout> header_of(std::string_view line) {
  Layout layout{.order = {}, .csv = line.find(',') != std::string_view::npos};
  for (const std::string& field : fields_of(line, layout.csv)) {
    const auto found = std::ranges::find(column_names, normalised_name(field));
    if (found == column_names.end()) return std::nullopt;
    const auto column = static_cast<Column>(found - column_names.begin());
    if (std::ranges::find(layout.order, column) != layout.order.end()) return std::nullopt;
    layout.order.push_back(column);
  }
  const bool names_nodes = std::ranges::find(layout.order, node) != layout.order.end();
  return names_nodes && layout.order.size() > 1 ? std::optional(layout) : std::nullopt;
}

Row row_of(std::string_view line, const Layout& layout, const std::string& where, const Builder& builder) {
  const std::vector<std::string> fields = fields_of(line, layout.csv);
  if (fields.size() > layout.order.size())
    builder.fail(where, fmt::format("{} fields; there are {}: node, pod, rack", fields.size(), layout.order.size()));
  Row row;
  for (std::size_t i = 0; i < fields.size(); ++i) row[layout.order[i]] = fields[i];
  return row;
}

// A header that is none would become a node, and might be drawn.
void refuse_header(const Row& row, const std::string& where, const Builder& builder) {
  constexpr std::array words{"node", "nodes", "nodename", "nodelist", "host", "hosts", "hostname", "name"};
  if (std::ranges::find(words, normalised_name(row[node].substr(0, row[node].find(',')))) != words.end())
    builder.fail(where,
                 fmt::format("\"{}\" looks like a heading; the headings are node, pod and rack", shown(row[node])));
}

void parse_lines(std::string_view text, Builder& builder) {
  Layout layout;
  bool first = true;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    const std::string where = std::to_string(++number);
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    if (const auto header = first ? header_of(line) : std::nullopt) {
      layout = *header;
    } else {
      const Row row = row_of(line, layout, where, builder);
      if (first) refuse_header(row, where, builder);
      builder.add(row, where);
    }
    first = false;
  }
}

void parse_document(std::string_view text, const std::string& file, Builder& builder) {
  const nlohmann::json document = parse_json(text, file);
  StrictObject top(document, file);
  top.choice("schema", {schema});
  for (StrictObject& one : top.objects("nodes")) {
    Row row;
    row[node] = one.text("node");
    for (const Column column : {pod, rack}) row[column] = one.text(column_names[column], "");
    one.finish();
    builder.add(row, one.path());
  }
  top.finish();
}

bool is_json(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '/');
}

}  // namespace

std::vector<std::string> NodeList::lines() const {
  std::vector<std::string> result;
  for (const Node& one : nodes) {
    result.push_back(one.name);
    for (const std::string& label : {one.pod, one.rack})
      if (!label.empty()) result.back() += " " + label;
  }
  return result;
}

std::string NodeList::sha256() const {
  std::string text = fmt::format("{}\n", schema);
  for (const std::string& line : lines()) text += line + "\n";
  return petaproof::sha256(text);
}

std::map<std::string, std::vector<std::size_t>> NodeList::pods() const {
  std::map<std::string, std::vector<std::size_t>> result;
  for (std::size_t i = 0; i < nodes.size(); ++i) result[nodes[i].pod].push_back(i);
  return result;
}

NodeList parse_node_list(std::string_view text, const std::string& file) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // the mark that some editors put before UTF-8
  Builder builder(file);
  if (is_json(text))
    parse_document(text, file, builder);
  else
    parse_lines(text, builder);
  return builder.finish();
}

NodeList read_node_list(const std::filesystem::path& path) {
  return parse_node_list(read_text_file(path, "node list"), path.string());
}

}  // namespace petaproof::sample
