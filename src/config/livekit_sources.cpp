// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/text.hpp>

#include "config/livekit_context.hpp"
#include "config/yaml_scalar.hpp"

namespace lkdoctor::config {
namespace {

/// A key may hold a secret when the blank behind its colon is missing ("controller:SECRET").
std::string safe_key(const std::string& key) {
  const std::size_t colon = key.find(':');
  return printable(colon == std::string::npos ? key : key.substr(0, colon) + ":…", 60);
}

std::string dotted(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : parent + "." + name;
}

/// A secret that begins with an asterisk looks like an anchor's name, and is named in the message.
std::string without_anchor(std::string message) {
  constexpr std::string_view kBefore = "unknown anchor '";
  const std::size_t begin = message.find(kBefore);
  const std::size_t end = message.rfind('\'');
  constexpr std::size_t kLongestName = 12;
  if (begin == std::string::npos || end < begin + kBefore.size() + kLongestName) return message;
  return message.replace(begin + kBefore.size(), end - begin - kBefore.size(), "…");
}

void syntax_error(Context& context) {
  const yaml::Error& error = *context.document.error;
  if (error.kind == yaml::Error::Kind::limit) {
    context
        .raise(findings::config_file_beyond_limits, context.source,
               fmt::format("{} cannot be judged: it is beyond what lkdoctor reads ({}).", context.source.name,
                           error.message))
        .with("line", error.place.line);
    context.depend("a file that lkdoctor does not read");
    return;
  }
  const std::string reason = "could not parse config: yaml: " + without_anchor(error.message);
  context.refuse(reason);
  Origin origin = context.source;
  origin.line = error.place.line;
  origin.column = error.place.column;
  Finding& finding = context.raise(findings::config_syntax_error, origin,
                                   fmt::format("LiveKit cannot read {}: {} (line {}).", context.source.name,
                                               printable(without_anchor(error.problem)), error.place.line));
  finding.with("server_says", printable(reason)).showing(excerpt(context, error.place, 1));
  const std::string_view line = context.document.line(error.place.line);
  const auto at = static_cast<std::size_t>(error.place.column - 1);
  if (error.problem.starts_with("exceeded max depth")) {
    finding.change("Look at how the file was made: no setting of LiveKit is deeper than seven levels");
  } else if (at + 1 < line.size() && line[at] == ':' && line[at + 1] != ' ') {
    finding.change(
        fmt::format("Put a blank behind the colon in line {}, then restart LiveKit", error.place.line));
  } else if (at < line.size() && line[at] == '\t') {
    finding.change(
        fmt::format("Indent line {} with blanks instead of a tab, then restart LiveKit", error.place.line));
  } else if (at < line.size() && (line[at] == '[' || line[at] == '{')) {
    finding.change(
        fmt::format("Close the bracket that line {} opens, then restart LiveKit", error.place.line));
  }
}

/// Another version's word for this key: "LiveKit 1.13.5 knows it".
std::string known_elsewhere(const Context& context, const std::string& path) {
  for (const KeyTable& table : key_tables()) {
    const bool has = std::any_of(table.rows.begin(), table.rows.end(),
                                 [&](const KeyRow& row) { return row.path == path; });
    if (!has) continue;
    const bool newer = compare_versions(table.version, context.table.version) > 0;
    const std::string mine(context.version);
    if (newer) return fmt::format("LiveKit {} knows it, {} does not yet", table.version, mine);
    return fmt::format("it was removed: LiveKit {} knew it, {} does not any more", table.version, mine);
  }
  return {};
}

/// The structures in which this key would be right.
std::string at_home_in(const Context& context, const std::string& name, const std::string& here) {
  for (const KeyRow& row : context.table.rows) {
    const std::size_t dot = row.path.rfind('.');
    const std::string_view parent =
        dot == std::string_view::npos ? std::string_view() : row.path.substr(0, dot);
    const std::string_view last = dot == std::string_view::npos ? row.path : row.path.substr(dot + 1);
    if (last == name && parent != here && row.path.find_first_of("[{") == std::string_view::npos &&
        name.size() > 4) {
      return parent.empty() ? "the top level" : std::string(parent);
    }
  }
  return {};
}

/// What may be wrong with a key that nobody knows.
struct UnknownKey {
  std::string meant, elsewhere, home;
  bool no_blank = false;    ///< behind the colon
  bool below_keys = false;  ///< of `keys:`, but not indented
};

UnknownKey look_into(const Context& context, const Defect& defect) {
  std::vector<std::string_view> names;
  for (const auto& [name, field] : defect.field->fields) names.push_back(name);
  const Value* keys = context.decoded.root.find("keys");
  return {nearest(defect.name, names), known_elsewhere(context, dotted(defect.path, defect.name)),
          at_home_in(context, defect.name, defect.path), defect.name.find(':') != std::string::npos,
          defect.path.empty() && keys != nullptr && (!keys->is_set || keys->is_nil)};
}

std::string hint_of(const UnknownKey& key) {
  if (!key.elsewhere.empty()) return " (" + key.elsewhere + ")";
  if (key.no_blank) return " (a blank is missing behind the colon)";
  if (!key.meant.empty()) return fmt::format(", did you mean \"{}\"?", key.meant);
  if (!key.home.empty())
    return fmt::format(" (it belongs under {})",
                       key.home == "the top level" ? key.home : "\"" + key.home + "\"");
  return key.below_keys ? " (below `keys:` it has to be indented)" : "";
}

void say_what_to_change(const UnknownKey& key, int line, Finding& finding) {
  if (key.below_keys && key.elsewhere.empty() && key.meant.empty() && key.home.empty()) {
    finding.change(fmt::format("Indent line {} by two blanks, then restart LiveKit", line));
  } else if (!key.elsewhere.empty()) {
    finding.change(fmt::format(
        "Remove line {} or run the LiveKit version that knows the key, then restart LiveKit", line));
  } else if (!key.meant.empty()) {
    finding.change(fmt::format("Write \"{}\" in line {}, then restart LiveKit", key.meant, line));
  } else if (!key.home.empty()) {
    finding.change(fmt::format("Move line {} below {}, then restart LiveKit", line,
                               key.home == "the top level" ? "no other key" : key.home));
  } else if (key.no_blank) {
    finding.change(fmt::format("Put a blank behind the colon in line {}, then restart LiveKit", line));
  }
}

void unknown_field(Context& context, const Defect& defect, bool strict) {
  const UnknownKey key = look_into(context, defect);
  const std::string shown = safe_key(defect.name), hint = hint_of(key);
  const std::string where =
      defect.path.empty() ? "at the top level" : fmt::format("under \"{}\"", defect.path);
  const FindingDef& definition = strict ? findings::config_unknown_field : findings::config_value_ignored;
  Finding& finding = context.raise(definition, defect.node,
                                   fmt::format("{}:{}: unknown key \"{}\" {}{}", context.source.name,
                                               defect.node->begin.line, shown, where, hint));
  if (!hint.ends_with('?')) finding.title += ".";
  finding.with("version", context.version);
  if (strict)
    finding.with("server_says", printable(shown == defect.name ? defect.message : "field … not found"));
  say_what_to_change(key, defect.node->begin.line, finding);
}

/// What a value of this type looks like.
std::string wanted(const Field& field) {
  switch (field.kind) {
    case FieldKind::boolean:
      return "true or false, without quotes";
    case FieldKind::integer:
      return "a whole number, without quotes";
    case FieldKind::unsigned_integer:
      return field.bits < 32 ? fmt::format("a whole number from 0 to {}, without quotes",
                                           (1U << static_cast<unsigned>(field.bits)) - 1)
                             : "a whole number, not below 0 and without quotes";
    case FieldKind::floating:
      return "a number with a decimal point, without quotes";
    case FieldKind::duration:
      return "a time with its unit, such as 500ms, 5s or 1m30s";
    case FieldKind::text:
      return "one value, not a list or a block";
    case FieldKind::list:
      return "a list: each item on a line of its own behind \"- \"";
    case FieldKind::map:
    case FieldKind::structure:
      return "a block of \"key: value\" lines, indented below it";
    default:
      return field.path == "rtc.udp_port" ? "one port (7882) or a range in one value (7882-7892)"
                                          : "an IP address, or one of each family: IPV4,IPV6";
  }
}

bool may_hold_secret(const std::string& path) {
  if (path.empty()) return true;
  const std::string lower = to_lower_ascii(path);
  for (const std::string_view part : {"keys", "secret", "password", "credential"}) {
    if (lower.find(part) != std::string::npos) return true;
  }
  return false;
}

/// A message of the server without the value that it quotes, where that may be secret.
std::string safe_message(const Defect& defect) {
  std::string line = defect.message;
  const bool quotes_value = defect.kind == Defect::Kind::wrong_type || defect.kind == Defect::Kind::other;
  if (quotes_value && may_hold_secret(defect.path)) {
    const std::size_t from = line.find('`'), to = line.rfind('`');
    if (from != std::string::npos && to > from) line.replace(from + 1, to - from - 1, "…");
  } else if (!quotes_value && defect.name.find(':') != std::string::npos) {
    const std::size_t at = line.find(defect.name);
    if (at != std::string::npos) line.replace(at, defect.name.size(), safe_key(defect.name));
  }
  return line;
}

/// The server's list of errors in the same way.
std::string safe_refusal(const Decoded& decoded) {
  constexpr std::string_view kList = "yaml: unmarshal errors:";
  if (!decoded.refusal.starts_with(kList)) return safe_message(decoded.defects.front());
  std::string out(kList);
  for (const Defect& defect : decoded.defects) out += "\n  " + safe_message(defect);
  return out;
}

void wrong_type(Context& context, const Defect& defect) {
  const std::string path = defect.path.empty() ? "the file" : defect.path;
  const Field* field = defect.field;
  std::string sentence = fmt::format("{} has a value that LiveKit refuses", path);
  if (field != nullptr) sentence += fmt::format("; it wants {}", wanted(*field));
  Finding& finding = context.raise(findings::config_wrong_type, defect.node, sentence + ".");
  finding.with("server_says", printable(safe_message(defect)));
  if (field != nullptr) {
    finding.change(fmt::format("Give {} in line {} {}, then restart LiveKit", path, defect.node->begin.line,
                               wanted(*field)));
  }
}

void duplicate_key(Context& context, const Defect& defect) {
  Finding& finding =
      context.raise(findings::config_duplicate_key, defect.node,
                    fmt::format("\"{}\" stands twice: in line {} and in line {}.", safe_key(defect.name),
                                defect.first->begin.line, defect.node->begin.line));
  finding.also_at(context.origin_of(defect.first))
      .change(fmt::format("Remove line {} or line {}, then restart LiveKit", defect.first->begin.line,
                          defect.node->begin.line));
}

void other_defect(Context& context, const Defect& defect) {
  Finding& finding = context.raise(
      findings::config_value_refused, defect.node,
      fmt::format("LiveKit refuses {}: {}.", context.source.name, printable(safe_message(defect))));
  finding.with("server_says", printable("could not parse config: " + safe_message(defect)));
}

/// More than these would bury the first ones; `reason` holds all.
constexpr std::size_t kMostFindings = 50;

void report(Context& context) {
  for (const Defect& defect : context.decoded.defects) {
    if (context.settings().findings.size() >= kMostFindings) break;
    switch (defect.kind) {
      case Defect::Kind::unknown_field:
        unknown_field(context, defect, true);
        break;
      case Defect::Kind::wrong_type:
        wrong_type(context, defect);
        break;
      case Defect::Kind::duplicate_key:
        duplicate_key(context, defect);
        break;
      case Defect::Kind::other:
        other_defect(context, defect);
        break;
    }
  }
  for (const Defect& defect : context.decoded.ignored) {
    if (defect.kind == Defect::Kind::unknown_field) unknown_field(context, defect, false);
  }
}

}  // namespace

void read_sources(Context& context) {
  context.document = yaml::parse(context.yaml_text);
  if (context.document.error) {
    syntax_error(context);
    return;
  }
  if (context.document.root == nullptr) {
    // A file of 0 bytes is the defaults; one of comments alone is none.
    if (context.yaml_text.empty()) return;
    context.refuse("could not parse config: EOF");
    context
        .raise(findings::config_syntax_error, context.source,
               fmt::format("{} holds no settings.", context.source.name))
        .with("server_says", "could not parse config: EOF")
        .change("Write at least `keys:` with one pair into the file, then restart LiveKit");
    return;
  }
  context.decoded = decode(*context.document.root, *context.schema, context.arguments.strict);
  if (!context.decoded.refusal.empty())
    context.refuse("could not parse config: " + safe_refusal(context.decoded));
  report(context);
}

}  // namespace lkdoctor::config
