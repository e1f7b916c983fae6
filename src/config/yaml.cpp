// SPDX-License-Identifier: EUPL-1.2
#include "config/yaml.hpp"

#include <yaml.h>

#include <array>
#include <map>
#include <memory>

#include "config/yaml_text.hpp"

namespace lkdoctor::config::yaml {
namespace {

constexpr std::string_view kLongTag = "tag:yaml.org,2002:";

std::string short_tag(const yaml_char_t* tag) {
  if (tag == nullptr) return {};
  const std::string_view text = reinterpret_cast<const char*>(tag);
  if (text == "!") return {};  // "no particular tag": go-yaml treats it as none
  if (text.starts_with(kLongTag)) return "!!" + std::string(text.substr(kLongTag.size()));
  return std::string(text);
}

std::string text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

Mark mark_of(const yaml_mark_t& mark) {
  return {static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1};
}

Style style_of(yaml_scalar_style_t style) {
  switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
      return Style::single_quoted;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
      return Style::double_quoted;
    case YAML_LITERAL_SCALAR_STYLE:
      return Style::literal;
    case YAML_FOLDED_SCALAR_STYLE:
      return Style::folded;
    default:
      return Style::plain;
  }
}

/// Of an event that opens a collection.
bool is_flow(const yaml_event_t& event) {
  return event.type == YAML_MAPPING_START_EVENT ? event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
                                                : event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
}

struct EventDelete {
  void operator()(yaml_event_t* event) const {
    yaml_event_delete(event);
    delete event;
  }
};
using Event = std::unique_ptr<yaml_event_t, EventDelete>;

/// Builds the tree from libyaml's events.
class Builder {
 public:
  Builder(std::string_view text, const Limits& limits, Document& document)
      : limits_(limits), document_(document) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Builder() { yaml_parser_delete(&parser_); }
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  void run() {
    bool more = true;
    while (more && !document_.error) more = step();
    if (too_deep_) read_on();
    if (document_.error) document_.root = nullptr;
  }

 private:
  bool step() {
    auto raw = std::make_unique<yaml_event_t>();
    if (yaml_parser_parse(&parser_, raw.get()) == 0) {
      fail();
      return false;
    }
    const Event event(raw.release());
    switch (event->type) {
      case YAML_DOCUMENT_START_EVENT:
        return begin_document(*event);
      case YAML_DOCUMENT_END_EVENT:
      case YAML_STREAM_END_EVENT:
      case YAML_NO_EVENT:
        return false;
      case YAML_SCALAR_EVENT:
        return scalar(*event);
      case YAML_ALIAS_EVENT:
        return alias(*event);
      case YAML_SEQUENCE_START_EVENT:
      case YAML_MAPPING_START_EVENT:
        return open(*event);
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        open_.back()->end = mark_of(event->end_mark);
        open_.pop_back();
        return true;
      default:
        return true;
    }
  }

  /// go-yaml knows version 1.1 alone; libyaml takes 1.2 too.
  bool begin_document(const yaml_event_t& event) {
    const yaml_version_directive_t* version = event.data.document_start.version_directive;
    if (version == nullptr || (version->major == 1 && version->minor == 1)) return true;
    const std::string problem = "found incompatible YAML document";
    const auto line = event.start_mark.line;
    document_.error =
        Error{Error::Kind::syntax, line == 0 ? problem : "line " + std::to_string(line) + ": " + problem,
              problem, mark_of(event.start_mark)};
    return false;
  }

  Node& add(Kind kind, const yaml_event_t& event) {
    Node& node = document_.nodes.emplace_back();
    node.kind = kind;
    node.begin = mark_of(event.start_mark);
    node.end = mark_of(event.end_mark);
    if (open_.empty()) {
      document_.root = &node;
    } else {
      open_.back()->children.push_back(&node);
    }
    if (document_.nodes.size() > limits_.nodes)
      limit("more than " + std::to_string(limits_.nodes) + " values", node.begin);
    return node;
  }

  void name(Node& node, const yaml_char_t* anchor) {
    if (anchor == nullptr) return;
    node.anchor = text_of(anchor);
    anchors_[node.anchor] = &node;
  }

  bool scalar(const yaml_event_t& event) {
    Node& node = add(Kind::scalar, event);
    const auto& data = event.data.scalar;
    node.style = style_of(data.style);
    node.tag = short_tag(data.tag);
    node.value.assign(reinterpret_cast<const char*>(data.value), data.length);
    name(node, data.anchor);
    return true;
  }

  bool alias(const yaml_event_t& event) {
    Node& node = add(Kind::alias, event);
    node.value = text_of(event.data.alias.anchor);
    const auto found = anchors_.find(node.value);
    if (found != anchors_.end()) {
      node.target = found->second;
      return true;
    }
    const std::string problem = "unknown anchor '" + node.value + "' referenced";
    document_.error = Error{Error::Kind::syntax, problem, problem, node.begin};
    return false;
  }

  bool open(const yaml_event_t& event) {
    const bool mapping = event.type == YAML_MAPPING_START_EVENT;
    Node& node = add(mapping ? Kind::mapping : Kind::sequence, event);
    node.style = is_flow(event) ? Style::flow : Style::block;
    node.tag = short_tag(mapping ? event.data.mapping_start.tag : event.data.sequence_start.tag);
    name(node, mapping ? event.data.mapping_start.anchor : event.data.sequence_start.anchor);
    open_.push_back(&node);
    if (open_.size() > limits_.depth) {
      limit("more than " + std::to_string(limits_.depth) + " levels", node.begin);
      too_deep_ = true;
    }
    return true;
  }

  /// Beyond our depth, without a tree: whether go-yaml gets to the end. libyaml's scanner needs a time that
  /// grows with the square of the depth, so the number of events is limited.
  void read_on() {
    constexpr std::size_t kDeepestOfGoYaml = 10'000;  // scannerc.go: max_flow_level, max_indents
    constexpr int kMostEvents = 50'000;
    std::vector<bool> flows;
    std::array<std::size_t, 2> depths{};  // of block and of flow collections, which have a limit each
    for (const Node* node : open_) {
      flows.push_back(node->style == Style::flow);
      ++depths.at(flows.back() ? 1 : 0);
    }
    for (int events = 0; events < kMostEvents; ++events) {
      auto raw = std::make_unique<yaml_event_t>();
      if (yaml_parser_parse(&parser_, raw.get()) == 0) return fail();
      const Event event(raw.release());
      const yaml_event_type_t type = event->type;
      if (type == YAML_DOCUMENT_END_EVENT || type == YAML_NO_EVENT) return;
      if (type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT) {
        --depths.at(flows.back() ? 1 : 0);
        flows.pop_back();
      }
      if (type != YAML_SEQUENCE_START_EVENT && type != YAML_MAPPING_START_EVENT) continue;
      flows.push_back(is_flow(*event));
      if (++depths.at(flows.back() ? 1 : 0) <= kDeepestOfGoYaml) continue;
      const std::string problem = "exceeded max depth of " + std::to_string(kDeepestOfGoYaml);
      document_.error = Error{Error::Kind::syntax, problem, problem, mark_of(event->start_mark)};
      return;
    }
  }

  void limit(const std::string& what, Mark place) {
    document_.error = Error{Error::Kind::limit, what, what, place};
  }

  /// go-yaml's message: the line of the context if there is one, else of the problem; its parser errors lack
  /// the 1 that scanner errors get, and line 1 is never named.
  void fail() {
    const std::string problem =
        parser_.problem == nullptr ? "unknown problem parsing YAML content" : parser_.problem;
    auto line = parser_.context_mark.line != 0 ? parser_.context_mark.line : parser_.problem_mark.line;
    if (line != 0 && parser_.error == YAML_SCANNER_ERROR) ++line;
    Mark place = mark_of(parser_.problem_mark);
    if (parser_.error == YAML_READER_ERROR) {
      line = 0;
      place = {};
    }
    document_.error =
        Error{Error::Kind::syntax, line == 0 ? problem : "line " + std::to_string(line) + ": " + problem,
              problem, place};
    if (parser_.error == YAML_READER_ERROR) reader_error_offset = parser_.problem_offset;
  }

  const Limits& limits_;
  Document& document_;
  yaml_parser_t parser_{};
  std::vector<Node*> open_;
  bool too_deep_ = false;
  std::map<std::string, const Node*, std::less<>> anchors_;

 public:
  std::optional<std::size_t> reader_error_offset;
};

}  // namespace

std::string_view Document::line(int number) const {
  if (number < 1 || static_cast<std::size_t>(number) > lines.size()) return {};
  return lines[static_cast<std::size_t>(number) - 1];
}

Document parse(std::string_view text, const Limits& limits) {
  Document document;
  if (text.size() > limits.bytes) {
    const std::string what = "larger than " + std::to_string(limits.bytes >> 10U) + " KiB";
    document.error = Error{Error::Kind::limit, what, what, {}};
    return document;
  }
  document.lines = lines_of(text);
  Builder builder(text, limits, document);
  builder.run();
  if (builder.reader_error_offset) {
    document.error->place = place_of_offset(text, *builder.reader_error_offset);
  } else if (document.error && document.error->kind == Error::Kind::syntax) {
    document.error->place = true_place(document);
  }
  return document;
}

const Node& resolved(const Node& node) {
  return node.kind == Kind::alias && node.target != nullptr ? *node.target : node;
}

const Node* find(const Node& mapping, std::string_view key) {
  if (mapping.kind != Kind::mapping) return nullptr;
  for (std::size_t i = 0; i + 1 < mapping.children.size(); i += 2) {
    const Node& name = resolved(*mapping.children[i]);
    if (name.kind == Kind::scalar && name.value == key) return &resolved(*mapping.children[i + 1]);
  }
  return nullptr;
}

}  // namespace lkdoctor::config::yaml
