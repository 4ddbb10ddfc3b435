// The page: verdicts, the diagram of sensitive and privileged instructions, and witnesses side by side, in one HTML file or in Markdown.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "check/report.hpp"
#include "isa/disassemble.hpp"

namespace vmsim::check {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

constexpr const char* style = R"(
:root { color-scheme: light; --ink: #1d2433; --soft: #5c6780; --line: #dfe3ec; --no: #b42318; --yes: #1a7f4b; --configured: #9a6700; --unknown: #5c6780; }
* { box-sizing: border-box; }
body { font: 16px/1.55 system-ui, "Segoe UI", Roboto, sans-serif; color: var(--ink); background: #f5f6fa; margin: 0; }
main { max-width: 1180px; margin: 0 auto; padding: 40px 28px 64px; }
h1 { font-size: 32px; margin: 0 0 4px; letter-spacing: -.01em; }
h2 { font-size: 20px; margin: 44px 0 14px; }
.models { color: var(--soft); margin: 0 0 22px; }
.verdict { display: inline-block; padding: 8px 16px; border-radius: 8px; font-weight: 600; color: #fff; }
.no { color: var(--no); } .yes { color: var(--yes); } .configured { color: var(--configured); } .unknown { color: var(--unknown); }
.verdict.no { background: var(--no); color: #fff; } .verdict.yes { background: var(--yes); color: #fff; }
.verdict.configured { background: var(--configured); color: #fff; } .verdict.unknown { background: var(--unknown); color: #fff; }
.card { background: #fff; border: 1px solid var(--line); border-radius: 12px; padding: 18px 22px; margin: 0 0 18px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; color: var(--soft); font-weight: 600; font-size: 13px; }
td, th { padding: 7px 18px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; } tr:last-child td { border-bottom: 0; }
.whole { white-space: nowrap; } td code { display: block; color: var(--soft); }
code, pre, .mono { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; }
pre { margin: 0; white-space: pre-wrap; } .side { display: grid; grid-template-columns: 1fr 1fr; gap: 18px; }
.side > div { background: #f8f9fc; border-radius: 8px; padding: 12px 14px; } .side h4 { margin: 0 0 6px; font-size: 13px; color: var(--soft); }
h3 { margin: 0 0 10px; font-size: 16px; } .soft { color: var(--soft); font-size: 14px; margin: 12px 0 0; } svg { display: block; width: 100%; height: auto; }
)";

/// Names as lines of at most `width` characters, at most `most` of them.
std::vector<std::string> wrapped(const std::vector<std::string>& names, size_t width, size_t most) {
  std::vector<std::string> lines(1);
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string part = names[i] + (i + 1 < names.size() ? ", " : "");
    if (!lines.back().empty() && lines.back().size() + part.size() > width + 2) {
      if (lines.size() == most) {
        lines.back() += fmt::format("and {} more", names.size() - i);
        return lines;
      }
      lines.emplace_back();
    }
    lines.back() += part;
  }
  return lines;
}

std::string text_at(int x, int y, const std::string& title, const std::vector<std::string>& lines, const char* colour) {
  std::string out =
      fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"15\" font-weight=\"600\" fill=\"{}\">{}</text>\n", x, y, colour, escaped(title));
  for (size_t i = 0; i < lines.size(); ++i)
    out += fmt::format(
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"12.5\" font-family=\"ui-monospace, DejaVu Sans Mono, monospace\" "
        "fill=\"#1d2433\">{}</text>\n",
        x, y + 22 + 17 * static_cast<int>(i), escaped(lines[i]));
  return out;
}

/// The same, in the middle of the ellipses.
std::string centred(int x, const std::string& title, const std::vector<std::string>& lines, const char* colour) {
  return text_at(x, 232 - 17 * static_cast<int>(lines.size()) / 2, title, lines, colour);
}

/// Sensitive and privileged as two ellipses among all instructions. The left part, outside the right ellipse, is what breaks Theorem 1.
std::string diagram(const Isa& isa, const Report& r) {
  const auto of = [&](Region region, size_t width, size_t most) {
    const std::vector<std::string> names = members(isa, r, region);
    return names.empty() ? std::vector<std::string>{"(none)"} : wrapped(names, width, most);
  };
  std::string out =
      "<svg viewBox=\"0 0 1120 640\" role=\"img\" aria-label=\"Sensitive and privileged instructions\" font-family=\"system-ui, Segoe UI, Roboto, "
      "sans-serif\">\n";
  out += "<rect x=\"4\" y=\"4\" width=\"1112\" height=\"632\" rx=\"14\" fill=\"#fbfcfe\" stroke=\"#cfd6e4\"/>\n";
  out += "<ellipse cx=\"420\" cy=\"236\" rx=\"370\" ry=\"204\" fill=\"#e5484d\" fill-opacity=\".13\" stroke=\"#b42318\" stroke-width=\"2\"/>\n";
  out += "<ellipse cx=\"722\" cy=\"236\" rx=\"350\" ry=\"204\" fill=\"#3b82f6\" fill-opacity=\".13\" stroke=\"#1d4ed8\" stroke-width=\"2\"/>\n";
  out += centred(214, "sensitive, does not trap", of(Region::sensitive, 32, 13), "#b42318");
  out += centred(584, "sensitive, traps in user mode", of(Region::both, 40, 16), "#5b2a86");
  out += centred(922, "traps, not sensitive", of(Region::privileged, 26, 10), "#1d4ed8");
  out += text_at(560, 476, "innocuous: run directly", of(Region::innocuous, 132, 4), "#1a7f4b");
  out += text_at(560, 580, "always trap, in both modes: neither", of(Region::always, 120, 2), "#5c6780");
  return out + "</svg>\n";
}

std::array<std::pair<const char*, const Theorem*>, 10> claims(const Report& r) {
  return {{{"Theorem 1: a monitor can be built", &r.theorem1},
           {"Theorem 2: and run under itself", &r.theorem2},
           {"Theorem 3: a hybrid monitor can be built", &r.theorem3},
           {"Safe: direct execution is right", &r.safe},
           {"Theorem 1 as printed in 1974", &r.literal1},
           {"Theorem 3 as printed in 1974", &r.literal3},
           {"A trap can be undone", &r.reversible},
           {"Emulation is faithful", &r.emulation},
           {"Sequences of two and three", &r.product},
           {"Shadow roots by translation key", &r.translation}}};
}

/// What a reader wants to see in the table: all that is neither plainly harmless nor plainly trapping, encodings of a kind once.
std::vector<std::pair<const ClassVerdict*, int>> remarkable(const Report& r) {
  std::vector<std::pair<const ClassVerdict*, int>> found;
  for (const ClassVerdict& v : r.classes) {
    if (v.theorem1() == Answer::yes && v.commutes() != Answer::no && v.emulated() == Answer::yes) continue;
    const auto same = std::ranges::find_if(
        found, [&](const auto& f) { return f.first->encoding.csr && v.encoding.csr && v.commutes() != Answer::no && f.first->classes() == v.classes(); });
    if (same != found.end()) ++same->second;
    else found.emplace_back(&v, 1);
  }
  return found;
}

std::string witness(const Isa& isa, const ClassVerdict& v) {
  const Witness* w = v.witness();
  if (w == nullptr) return "";
  return fmt::format("<code>{}: {}</code>", escaped(disassemble(isa, w->word, 0, {.separator = ' '})), escaped(w->difference));
}

std::string others(int count) { return count > 1 ? fmt::format(" and {} like it", count - 1) : ""; }
const char* as_bare(const TechniqueRun& r) { return r.agrees ? "as on the bare machine" : "differs"; }
std::string meaning(const Demonstration& d) {
  return d.shows == Demonstration::Shows::sensitive ? "Theorem 1 fails, and direct execution is right all the same: the theorem is sufficient, not necessary."
                                                    : "";
}

}  // namespace

Region region(const ClassVerdict& v) {
  if (v.always_traps()) return Region::always;
  const bool sensitive = v.sensitive() != Answer::no, traps = v.is(Query::user_traps) || v.theorem1() == Answer::configured;
  return sensitive ? (traps ? Region::both : Region::sensitive) : traps ? Region::privileged : Region::innocuous;
}

std::vector<std::string> members(const Isa&, const Report& r, Region wanted) {
  // Control registers stand for the instructions that reach them: "sstatus" where all do, else those that read or write.
  std::map<std::string, std::pair<int, int>> of_register;  // how many of all
  auto key = [](const ClassVerdict& v) { return v.encoding.name.substr(v.encoding.name.find(' ') + 1); };
  auto plain = [&](const ClassVerdict& v) { return key(v).substr(0, key(v).find(" (")); };
  auto suffix = [&](const ClassVerdict& v) { return plain(v) + (key(v).ends_with("(reads)") ? " (read)" : " (written)"); };
  std::map<std::string, bool> configured;
  for (const ClassVerdict& v : r.classes) {
    if (!v.encoding.csr) continue;
    for (const std::string& name : {plain(v), suffix(v)}) {
      auto& [here, all] = of_register[name];
      here += region(v) == wanted, ++all;
      configured[name] |= region(v) == wanted && v.theorem1() == Answer::configured;
    }
  }
  std::vector<std::string> names;
  auto add = [&](const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  for (const ClassVerdict& v : r.classes) {
    if (region(v) != wanted) continue;
    if (!v.encoding.csr) {
      add(v.encoding.name + (v.theorem1() == Answer::configured ? "*" : ""));
      continue;
    }
    for (const std::string& name : {plain(v), suffix(v), v.encoding.name}) {
      const auto it = of_register.find(name);
      if (it != of_register.end() && it->second.first != it->second.second) continue;
      add(name + (configured[name] ? "*" : ""));
      break;
    }
  }
  return names;
}

std::string html_page(const Isa& isa, const Report& r, const std::vector<Demonstration>& shown) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}: can it be "
      "virtualized?</title>\n<style>{1}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n",
      escaped(r.variant), style);
  out += fmt::format("<p class=\"models\">{}</p>\n<div class=\"verdict {}\">{}</div>\n", escaped(r.models), name(r.safe.holds), escaped(conclusion(isa, r)));
  out += "<h2>Verdicts</h2>\n<div class=\"card\"><table>\n";
  for (const auto& [title, t] : claims(r))
    out += fmt::format("<tr><td class=\"whole\">{}</td><td class=\"{}\"><b>{}</b></td><td>{}</td></tr>\n", title, name(t->holds), name(t->holds),
                       escaped(t->because));
  out += "</table></div>\n<h2>Sensitive and privileged</h2>\n<div class=\"card\">\n" + diagram(isa, r) +
         "<p class=\"soft\">A control register's name stands for the instructions that reach it. Theorem 1 holds where nothing is sensitive outside the right "
         "ellipse.";
  if (!r.configuration.empty()) out += fmt::format(" * traps where {}.", escaped(text(isa, r.configuration)));
  out += "</p></div>\n";
  if (const auto rows = remarkable(r); !rows.empty()) {
    out +=
        "<h2>Instructions</h2>\n<div class=\"card\"><table>\n<tr><th>instruction</th><th>class</th><th>theorem 1</th><th>directly</th><th>why, and a "
        "witness</th></tr>\n";
    for (const auto& [v, count] : rows)
      out += fmt::format("<tr><td class=\"mono\">{}{}</td><td>{}</td><td class=\"{}\">{}</td><td class=\"{} whole\">{}</td><td>{}{}</td></tr>\n",
                         escaped(v->encoding.name), others(count), escaped(fmt::format("{}", fmt::join(v->classes(), ", "))), name(v->theorem1()),
                         name(v->theorem1()), v->commutes() == Answer::no ? "no" : "yes", v->commutes() == Answer::no ? "differs" : "the same",
                         escaped(why(isa, *v)), witness(isa, *v));
    out += "</table></div>\n";
  }
  if (!shown.empty()) out += "<h2>Witnesses</h2>\n";
  for (const Demonstration& d : shown) {
    out += fmt::format("<div class=\"card\"><h3><code>{}</code> &middot; {}</h3>\n", escaped(d.instruction.empty() ? d.encoding : d.instruction),
                       escaped((d.shows == Demonstration::Shows::unsafe ? "not so: " : "") + d.question));
    if (d.runs.empty()) {
      out += fmt::format("<p class=\"soft\">No guest shows it: {}.</p></div>\n", escaped(d.why_none));
      continue;
    }
    const TechniqueRun& trap = *d.under("trap");
    out += fmt::format("<div class=\"side\"><div><h4>bare machine</h4><pre>{}</pre></div><div><h4>trap and emulate</h4><pre>{}</pre></div></div>\n",
                       escaped(d.bare), escaped(trap.console));
    if (!trap.agrees)
      out += fmt::format("<p class=\"soft\">They part at step {}, bare and here: <code>{}</code></p>\n", trap.step,
                         escaped(fmt::format("{}", fmt::join(trap.fields, "; "))));
    out += fmt::format("<p class=\"soft\">{} Hybrid: {}. Emulate: {}.</p></div>\n", meaning(d), as_bare(*d.under("hybrid")), as_bare(*d.under("emulate")));
  }
  return out + fmt::format("<p class=\"soft\">{} classes, {} questions, {:.1f} s. vmsim check {} --format html</p>\n</main>\n</body>\n</html>\n",
                           r.classes.size(), r.queries, r.seconds, escaped(r.variant));
}

std::string markdown_page(const Isa& isa, const Report& r, const std::vector<Demonstration>& shown) {
  std::string out = fmt::format("# {}\n\n{}\n\n**{}**\n\n| claim | holds | because |\n| --- | --- | --- |\n", r.variant, r.models, conclusion(isa, r));
  for (const auto& [title, t] : claims(r)) out += fmt::format("| {} | {} | {} |\n", title, name(t->holds), t->because);
  out += "\n| region | instructions |\n| --- | --- |\n";
  for (const auto& [title, where] : {std::pair("sensitive, does not trap", Region::sensitive),
                                     {"sensitive, traps in user mode", Region::both},
                                     {"traps, not sensitive", Region::privileged},
                                     {"innocuous", Region::innocuous},
                                     {"always traps", Region::always}})
    out += fmt::format("| {} | {} |\n", title, fmt::join(members(isa, r, where), ", "));
  if (const auto rows = remarkable(r); !rows.empty()) {
    out += "\n| instruction | class | theorem 1 | directly | why |\n| --- | --- | --- | --- | --- |\n";
    for (const auto& [v, count] : rows)
      out += fmt::format("| `{}`{} | {} | {} | {} | {} |\n", v->encoding.name, others(count), fmt::join(v->classes(), ", "), name(v->theorem1()),
                         v->commutes() == Answer::no ? "differs" : "the same", why(isa, *v));
  }
  for (const Demonstration& d : shown) {
    out += fmt::format("\n## {}: {}\n\n", d.instruction.empty() ? d.encoding : d.instruction, d.question);
    if (d.runs.empty()) out += fmt::format("No guest shows it: {}.\n", d.why_none);
    else
      out += fmt::format("bare:\n```\n{}```\ntrap:\n```\n{}```\n{} Hybrid: {}. Emulate: {}.\n", d.bare, d.under("trap")->console, meaning(d),
                         as_bare(*d.under("hybrid")), as_bare(*d.under("emulate")));
  }
  return out;
}

}  // namespace vmsim::check
