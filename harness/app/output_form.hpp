// How claim and judge print a judgement: as text, explained, as Markdown, as JSON.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "harness/judge/render.hpp"

namespace petaproof {

struct OutputForm {
  bool json = false;
  bool markdown = false;
  bool explain = false;

  void add_options(CLI::App& command) {
    CLI::Option* as_json =
        command.add_flag("--json", json, "One JSON document per claim, with every input of its verdicts");
    CLI::Option* as_markdown = command.add_flag("--markdown", markdown, "Markdown, for a ticket or a wiki");
    command.add_flag("--explain", explain, "Walk through the arithmetic of each reading (choose with --reading)")
        ->excludes(as_json)
        ->excludes(as_markdown);
    as_json->excludes(as_markdown);
  }

  /// No form was asked for: a caller may choose a shorter one.
  bool is_plain() const { return !json && !markdown && !explain; }

  /// All but JSON, to which a caller may have more to add.
  std::string text(const judge::Judgement& judgement) const {
    if (markdown) return render_markdown(judgement);
    return render_text(judgement) + (explain ? render_explanation(judgement) : "");
  }
};

}  // namespace petaproof
