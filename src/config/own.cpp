// SPDX-License-Identifier: EUPL-1.2
#include "config/own.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>

#include "config/file.hpp"
#include "config/own_values.hpp"

namespace lkdoctor::config {
namespace {

using own::string;
using own::table;
using own::tables;
using own::unknown;
using own::Wrong;
using own::wrong_type;

class OwnReader {
 public:
  OwnReader(OwnConfig& own, WallSeconds now) : own_(own), now_(now) {
    const std::size_t slash = own.file.rfind('/');
    folder_ = slash == std::string::npos ? "." : own.file.substr(0, slash);
  }

  void read(const TomlNode& root) {
    for (const TomlEntry& entry : root.entries) {
      if (entry.key == "defaults") {
        read_layer(table(entry), own_.defaults, false);
        if (const TomlEntry* module = entry.value.find("module")) own_.module = word(*module);
      } else if (entry.key == "target") {
        for (const TomlNode& item : tables(entry)) read_target(item);
      } else if (entry.key == "suppress") {
        for (const TomlNode& item : tables(entry)) read_suppression(item);
      } else if (entry.key == "thresholds") {
        read_thresholds(table(entry));
      } else if (entry.key == "module") {
        own::read_modules(table(entry), own_);
      } else if (entry.key == "serve") {
        read_serve(table(entry));
      } else {
        unknown(entry, {"defaults", "target", "suppress", "thresholds", "module", "serve"}, "at the top");
      }
    }
  }

 private:
  Origin origin(const TomlNode& node) const {
    return {Origin::Kind::file, own_.file, node.place.line, node.place.column};
  }
  std::string path(const Twin& twin, const std::string& value) const {
    return twin.is_path && value != "-" ? inside(folder_, value) : value;
  }

  void set_text(Layer& layer, const Twin& twin, Twin::Text member, const TomlEntry& entry) {
    const bool number =
        entry.value.kind == TomlNode::Kind::integer || entry.value.kind == TomlNode::Kind::floating;
    const bool duration = twin.name == "timeout" || twin.name == "deadline";
    layer.options.*member = duration && number ? entry.value.text : path(twin, string(entry));
  }

  void set_list(Layer& layer, const Twin& twin, Twin::List member, const TomlEntry& entry) {
    std::vector<std::string>& list = layer.options.*member;
    if (entry.value.kind == TomlNode::Kind::string) {
      list.push_back(path(twin, entry.value.text));
      return;
    }
    for (const TomlNode& item : entry.value.items) {
      if (item.kind != TomlNode::Kind::string) wrong_type(entry, "a list of strings");
      list.push_back(path(twin, item.text));
    }
    if (entry.value.kind != TomlNode::Kind::array) wrong_type(entry, "a list of strings");
  }

  void set(Layer& layer, const Twin& twin, const TomlEntry& entry) {
    if (const auto* text = std::get_if<Twin::Text>(&twin.member)) {
      set_text(layer, twin, *text, entry);
    } else if (const auto* list = std::get_if<Twin::List>(&twin.member)) {
      set_list(layer, twin, *list, entry);
    } else {
      if (entry.value.kind != TomlNode::Kind::boolean) wrong_type(entry, "true or false");
      layer.options.*std::get<Twin::Switch>(twin.member) = entry.value.boolean;
    }
    if (!twin.later.empty() && asks_for_it(layer.options, twin)) {
      throw Wrong{entry.key_place, entry.key + ": " + std::string(twin.later),
                  static_cast<int>(entry.key.size())};
    }
    layer.origins.emplace(twin.name, origin(entry.value));
  }

  void read_layer(const TomlNode& node, Layer& layer, bool target) {
    std::vector<std::string_view> known{"module"};
    if (target) known.emplace_back("name");
    for (const Twin& twin : option_twins()) {
      const bool elsewhere = twin.of_serve || twin.name == "config" || (target && twin.name == "all");
      if (!elsewhere) known.push_back(twin.name);
    }
    for (const TomlEntry& entry : node.entries) {
      if (entry.key == "module" || (target && entry.key == "name")) continue;
      if (entry.key == "api_secret") {
        throw Wrong{entry.key_place,
                    "a secret may not stand here; name a file that holds it: api_secret_file", 10};
      }
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        unknown(entry, known, target ? "in [[target]]" : "in [defaults]");
      }
      set(layer, *find_twin(entry.key), entry);
    }
  }

  static OwnWord word(const TomlEntry& entry) { return {string(entry), entry.value.place}; }

  /// `prefix`: "" or "web.", whose options stand in a table of their own.
  void read_serve(const TomlNode& node, const std::string& prefix = {}) {
    std::vector<std::string_view> known;
    if (prefix.empty()) known = {"joins_at_once", "web", "receiver", "labels"};
    for (const Twin& twin : option_twins()) {
      const bool here = twin.name.starts_with("web.") == !prefix.empty();
      if (twin.of_serve && here) known.push_back(twin.name.substr(prefix.size()));
    }
    for (const TomlEntry& entry : node.entries) {
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        unknown(entry, known, prefix.empty() ? "in [serve]" : "in [serve.web]");
      } else if (entry.key == "joins_at_once") {
        own_.joins_at_once = own::joins_at_once(entry);
      } else if (entry.key == "web") {
        read_serve(table(entry, "serve."), "web.");
      } else if (entry.key == "receiver") {
        own::read_receivers(entry, folder_, own_);
      } else if (entry.key == "labels") {
        own::read_labels(entry, own_);
      } else {
        set(own_.serve, *find_twin(prefix + entry.key), entry);
      }
    }
  }

  void read_target(const TomlNode& node) {
    OwnTarget target;
    const TomlEntry* name = node.find("name");
    if (name == nullptr || string(*name).empty()) throw Wrong{node.place, "[[target]] needs a name", 10};
    target.name = name->value.text;
    target.name_place = name->value.place;
    if (const TomlEntry* module = node.find("module")) target.module = word(*module);
    if (target.name.find("://") != std::string::npos) throw Wrong{name->value.place, "a name, not a URL"};
    for (const OwnTarget& other : own_.targets) {
      if (other.name == target.name) {
        throw Wrong{name->value.place, "the target \"" + printable(target.name, 60) + "\" is there already"};
      }
    }
    read_layer(node, target.layer, true);
    own_.targets.push_back(std::move(target));
  }

  void read_suppression(const TomlNode& node) {
    Suppression out;
    for (const TomlEntry& entry : node.entries) {
      if (entry.key == "finding") {
        out.id = string(entry);
      } else if (entry.key == "subject") {
        out.subject = string(entry);
      } else if (entry.key == "reason") {
        out.reason = string(entry);
      } else if (entry.key == "expires") {
        out.expires = date(entry);
      } else {
        unknown(entry, {"finding", "subject", "reason", "expires"}, "in [[suppress]]");
      }
    }
    for (const auto& [key, value] : {std::pair{"finding", &out.id}, std::pair{"reason", &out.reason},
                                     std::pair{"expires", &out.expires}}) {
      if (value->empty()) throw Wrong{node.place, std::string("[[suppress]] needs ") + key, 12};
    }
    check_known(node, out.id);
    keep_if_in_force(std::move(out));
  }

  /// "2027-01-31", as a TOML date or a string.
  static std::string date(const TomlEntry& entry) {
    const std::string& text = entry.value.text;
    const bool date =
        entry.value.kind == TomlNode::Kind::datetime || entry.value.kind == TomlNode::Kind::string;
    const bool shape =
        text.size() == 10 && text[4] == '-' && text[7] == '-' &&
        std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) == 8;
    if (!date || !shape) throw Wrong{entry.value.place, "expires must be a date like 2027-01-31"};
    return text;
  }

  static void check_known(const TomlNode& node, const std::string& id) {
    if (id.find_first_of("*?") != std::string::npos || find_finding(id) != nullptr) return;
    std::vector<std::string_view> known;
    for (const FindingEntry& entry : finding_catalogue()) known.push_back(entry.definition->id);
    const std::string near = nearest(id, known);
    const TomlEntry* entry = node.find("finding");
    throw Wrong{entry->value.place, "there is no finding \"" + printable(id, 60) + "\"" +
                                        (near.empty() ? "" : "; did you mean " + near + "?")};
  }

  void keep_if_in_force(Suppression suppression) {
    const std::chrono::year_month_day today{std::chrono::floor<std::chrono::days>(now_)};
    std::string text = std::to_string(static_cast<int>(today.year()));
    for (const unsigned part : {static_cast<unsigned>(today.month()), static_cast<unsigned>(today.day())}) {
      text += (part < 10 ? "-0" : "-") + std::to_string(part);
    }
    if (suppression.expires < text) {
      own_.notes.push_back("the suppression of " + printable(suppression.id, 60) + " in " + own_.file +
                           " expired on " + suppression.expires + "; the finding counts again");
    } else {
      own_.suppressions.push_back(std::move(suppression));
    }
  }

  void read_thresholds(const TomlNode& node) {
    for (const TomlEntry& entry : node.entries) {
      const auto kind = entry.value.kind;
      const bool number = kind == TomlNode::Kind::integer || kind == TomlNode::Kind::floating;
      if (std::find(kThresholds.begin(), kThresholds.end(), entry.key) == kThresholds.end()) {
        unknown(entry, {kThresholds.begin(), kThresholds.end()}, "in [thresholds]");
      }
      if (!number || !(entry.value.number >= 0)) wrong_type(entry, "a number, 0 or more");
      set_threshold(own_.thresholds, entry.key, entry.value.number);
      own_.threshold_origins.emplace(entry.key, origin(entry.value));
    }
  }

  OwnConfig& own_;
  WallSeconds now_;
  std::string folder_;
};

}  // namespace

InputError own_error(const OwnConfig& own, Place place, const std::string& message, int width) {
  const std::string where = own.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  return {78, where + ": " + message + "\n" + excerpt_of(own.text, place, width)};
}

OwnConfig read_own_config(std::string file, std::string text, WallSeconds now) {
  OwnConfig own;
  own.file = std::move(file);
  own.text = std::move(text);
  const TomlFile parsed = parse_toml(own.text);
  if (parsed.error) {
    own.error = own_error(own, parsed.error->place, parsed.error->message);
    return own;
  }
  try {
    OwnReader(own, now).read(parsed.root);
  } catch (const Wrong& wrong) {
    own.error = own_error(own, wrong.place, wrong.message, wrong.width);
  }
  return own;
}

}  // namespace lkdoctor::config
