// SPDX-License-Identifier: EUPL-1.2
#include "config/livekit_decode.hpp"

#include <algorithm>
#include <set>

#include "config/livekit_assign.hpp"
#include "config/livekit_defects.hpp"
#include "config/livekit_ports.hpp"
#include "config/yaml_scalar.hpp"

namespace lkdoctor::config {
namespace {

using yaml::Node;

constexpr std::size_t kMostDefects = 500;

/// go-yaml stops here and forgets what it had listed before.
struct Stop {
  std::string message;
  Defect defect;
};

class Decoder {
 public:
  Decoder(Decoded& out, bool strict) : out_(out), strict_(strict) {
    name_field_.kind = FieldKind::text;
    name_field_.go_type = "string";
  }

  bool into(const Node& given, const Field& field, Value& value) {
    count();
    if (given.kind == yaml::Kind::alias) return alias(given, field, value);
    if (yaml::is_null(given)) return null(given, field, value);
    if (field.kind == FieldKind::custom) return custom(given, field, value);
    if (field.kind == FieldKind::opaque) return message(given, field, value);
    switch (given.kind) {
      case yaml::Kind::mapping:
        return mapping(given, field, value);
      case yaml::Kind::sequence:
        return sequence(given, field, value);
      default:
        return scalar(given, field, value);
    }
  }

 private:
  /// go-yaml's guard against alias bombs: at most 99 % of many values may come from aliases.
  void count() {
    ++decoded_;
    if (alias_depth_ > 0) ++aliased_;
    if (aliased_ > 100 && decoded_ > 1000 && aliased_ * 100 > decoded_ * 99) {
      throw Stop{"yaml: document contains excessive aliasing", {}};
    }
    if (decoded_ > 2'000'000) throw Stop{"yaml: document contains excessive aliasing", {}};
  }

  void add(Defect defect) {
    if (out_.defects.size() < kMostDefects) out_.defects.push_back(std::move(defect));
  }

  void wrong_type(const Node& node, const std::string& tag, const Field& field) {
    add(wrong_type_of(node, tag, field, lasting(field)));
  }

  bool alias(const Node& given, const Field& field, Value& value) {
    if (!inside_.insert(&given).second) {
      throw Stop{"yaml: anchor '" + given.value + "' value contains itself", {.node = &given}};
    }
    ++alias_depth_;
    const bool good = into(*given.target, field, value);
    --alias_depth_;
    inside_.erase(&given);
    return good;
  }

  /// Keys are read by fields of this decoder, which a defect would outlive.
  static const Field* lasting(const Field& field) {
    return field.path.empty() && field.kind != FieldKind::structure ? nullptr : &field;
  }

  /// An explicit tag that does not fit its value ends the reading.
  [[noreturn]] static void refuse_tag(const Node& given, const yaml::Scalar& read, const Field& field) {
    throw Stop{
        "yaml: " + read.error,
        {Defect::Kind::wrong_type, read.error, field.path, given.value, lasting(field), &given, nullptr}};
  }

  /// Nothing given: pointers, lists and maps become empty, everything else keeps what it has.
  bool null(const Node& given, const Field& field, Value& value) {
    if (const yaml::Scalar read = yaml::resolve(given); !read.error.empty()) refuse_tag(given, read, field);
    const bool nullable = field.pointer || field.kind == FieldKind::list || field.kind == FieldKind::map;
    if (!nullable || given.kind != yaml::Kind::scalar) return false;
    value = {};
    value.is_set = value.is_nil = true;
    value.node = &given;
    return true;
  }

  /// rtc.udp_port, and rtc.node_ip since 1.10: read as text whatever it is; a list or map has no text.
  bool custom(const Node& given, const Field& field, Value& value) {
    value.node = &given;
    if (given.kind != yaml::Kind::scalar) {
      out_.ignored.push_back({Defect::Kind::other, {}, field.path, {}, &field, &given, nullptr});
      return true;
    }
    if (given.value.empty()) return true;
    const std::string error =
        field.path == "rtc.udp_port" ? check_udp_port(given.value) : check_node_ip(given.value);
    if (!error.empty())
      throw Stop{error, {Defect::Kind::wrong_type, error, field.path, given.value, &field, &given, nullptr}};
    value.is_set = true;
    value.scalar = given.value;
    return true;
  }

  /// A protobuf message has rules of its own that a table of fields does not tell.
  bool message(const Node& given, const Field&, Value& value) {
    value.is_set = true;
    value.node = &given;
    return true;
  }

  bool scalar(const Node& given, const Field& field, Value& value) {
    const yaml::Scalar read = yaml::resolve(given);
    if (!read.error.empty()) refuse_tag(given, read, field);
    if (!assign_scalar(given.value, read, field, value)) {
      wrong_type(given, read.tag, field);
      return false;
    }
    value.is_set = true;
    value.is_nil = false;
    value.node = &given;
    return true;
  }

  bool sequence(const Node& given, const Field& field, Value& value) {
    if (field.kind != FieldKind::list) {
      wrong_type(given, "!!seq", field);
      return false;
    }
    value = {};
    value.is_set = true;
    value.node = &given;
    for (const Node* child : given.children) {
      Value item;
      if (into(*child, *field.element, item)) value.items.push_back(std::move(item));
    }
    return true;
  }

  bool mapping(const Node& given, const Field& field, Value& value) {
    const std::size_t room = std::max<std::size_t>(1, kMostDefects - out_.defects.size());
    if (std::vector<Defect> equal = duplicate_keys(given, room); !equal.empty()) {
      for (Defect& defect : equal) add(std::move(defect));
      return false;
    }
    if (field.kind != FieldKind::structure && field.kind != FieldKind::map) {
      wrong_type(given, "!!map", field);
      return false;
    }
    value.is_set = true;
    value.is_nil = false;
    value.node = &given;
    std::set<std::string>* const merged = merged_;
    merged_ = nullptr;
    const Node* merge = nullptr;
    for (std::size_t i = 0; i + 1 < given.children.size(); i += 2) {
      if (yaml::is_merge(*given.children[i])) {
        merge = given.children[i + 1];
      } else {
        entry(*given.children[i], *given.children[i + 1], field, value, merged);
      }
    }
    merged_ = merged;
    if (merge != nullptr) merge_into(given, *merge, field, value);
    return true;
  }

  void entry(const Node& key_node, const Node& child, const Field& field, Value& value,
             std::set<std::string>* merged) {
    Value name;
    if (field.kind == FieldKind::map && field.integer_keys) {
      Field number;
      number.kind = FieldKind::integer;
      number.bits = 32;
      number.go_type = "int32";
      if (!into(key_node, number, name)) return;
      name.scalar = std::to_string(std::get<std::int64_t>(name.scalar));
    } else if (!into(key_node, name_field_, name)) {
      return;
    }
    const std::string key = std::get<std::string>(name.scalar);
    if (merged != nullptr && !merged->insert(key).second) return;
    if (field.kind == FieldKind::map) {
      map_entry(key, key_node, child, field, value);
    } else {
      field_entry(key, key_node, child, field, value);
    }
  }

  void map_entry(const std::string& key, const Node& key_node, const Node& child, const Field& field,
                 Value& value) {
    Value item;
    const bool good = into(child, *field.element, item);
    if (!good && !yaml::is_null(child)) return;
    item.node = &yaml::resolved(child);
    item.key = &yaml::resolved(key_node);
    value.entries.insert_or_assign(key, std::move(item));
  }

  void field_entry(const std::string& key, const Node& key_node, const Node& child, const Field& field,
                   Value& value) {
    const auto found = field.fields.find(key);
    if (found == field.fields.end()) {
      std::vector<Defect>& list = strict_ ? out_.defects : out_.ignored;
      if (list.size() < kMostDefects) list.push_back(unknown_field_of(key, key_node, field));
      return;
    }
    Value& target = value.entries[key];
    into(child, *found->second, target);
    target.key = &yaml::resolved(key_node);
    if (target.node == nullptr) target.node = &yaml::resolved(child);
  }

  [[noreturn]] static void want_map(const Node& node) {
    throw Stop{"yaml: map merge requires map or sequence of maps as the value", {.node = &node}};
  }

  void merge_into(const Node& parent, const Node& merge, const Field& field, Value& value) {
    std::set<std::string> names;
    std::set<std::string>* const before = merged_;
    if (merged_ == nullptr) {
      for (std::size_t i = 0; i < parent.children.size(); i += 2)
        names.insert(yaml::resolved(*parent.children[i]).value);
      merged_ = &names;
    }
    if (merge.kind == yaml::Kind::sequence) {
      for (const Node* part : merge.children) {
        if (yaml::resolved(*part).kind != yaml::Kind::mapping) want_map(*part);
        into(*part, field, value);
      }
    } else if (yaml::resolved(merge).kind == yaml::Kind::mapping) {
      into(merge, field, value);
    } else {
      want_map(merge);
    }
    merged_ = before;
  }

  Decoded& out_;
  const bool strict_;
  Field name_field_;
  std::set<const Node*> inside_;
  std::set<std::string>* merged_ = nullptr;
  std::size_t decoded_ = 0, aliased_ = 0;
  int alias_depth_ = 0;
};

Decoded run(const Node& root, const Field& schema, bool strict) {
  Decoded out;
  Decoder decoder(out, strict);
  try {
    decoder.into(root, schema, out.root);
    if (out.defects.empty()) return out;
    out.refusal = "yaml: unmarshal errors:";
    for (const Defect& defect : out.defects) out.refusal += "\n  " + defect.message;
  } catch (const Stop& stop) {
    out.refusal = stop.message;
    out.defects.clear();
    out.defects.push_back(stop.defect);
    out.defects.back().message = stop.message;
  }
  return out;
}

}  // namespace

Decoded decode(const Node& root, const Field& schema, bool strict) {
  return run(root, schema, strict);
}

Decoded decode_key_file(const Node& root) {
  Field map;
  map.kind = FieldKind::map;
  map.go_type = "map[string]string";
  map.element = std::make_unique<Field>();
  map.element->kind = FieldKind::text;
  map.element->go_type = "string";
  Decoded out = run(root, map, false);
  for (Defect& defect : out.defects) defect.field = nullptr;
  return out;
}

}  // namespace lkdoctor::config
