// Comma-separated values as RFC 4180 has them, strictly: what is not well-formed is an Error(config) with file and
// line, never guessed at.
//
// Lines end with LF or CRLF; a field in double quotes may hold commas, line ends and doubled quotes. A UTF-8 byte
// order mark is skipped. Refused: a quote inside an unquoted field, text after a closing quote, a quote that is never
// closed, an empty line before the end, a NUL or a lone CR, text that is not UTF-8, a file of nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace petaproof::project {

struct CsvRecord {
  int line = 0;  // where it begins, from 1; a quoted field may go on for several lines
  std::vector<std::string> fields;
};

/// All records of `text`, the header first; `name` stands for the file in messages.
std::vector<CsvRecord> parse_csv(std::string_view text, const std::string& name);

}  // namespace petaproof::project
