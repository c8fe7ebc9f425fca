// Numbers and paragraphs as the judge prints them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace petaproof::judge {

inline constexpr std::size_t page_width = 110;

/// "1.25", "60.0", "1,979": three figures or so, thousands grouped.
std::string shown(double value);
/// "33,792"
std::string shown_whole(double value);
std::string shown_count(std::int64_t value);
/// "235", "239.95": a number that somebody chose, with all its digits.
std::string shown_exactly(double value);
/// "179 %", "89.7 %", "6.1 %", of a ratio.
std::string shown_percent(double ratio);

/// Breaks `text` at blanks into lines of at most `width` columns, but for longer words; the first line starts with
/// `head`, the others with as many blanks.
std::string paragraph(std::string_view head, std::string_view text, std::size_t width = page_width);

}  // namespace petaproof::judge
