// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// YAML as gopkg.in/yaml.v3 reads it (LiveKit, its key file, Compose): libyaml's events, go-yaml's additional
/// refusals, and a tree in which everything keeps its place.
namespace lkdoctor::config::yaml {

struct Mark {
  int line = 1, column = 1;  ///< 1-based; columns count characters
  friend bool operator==(const Mark&, const Mark&) = default;
};

enum class Kind { scalar, mapping, sequence, alias };
enum class Style { plain, single_quoted, double_quoted, literal, folded, block, flow };

struct Node {
  Kind kind = Kind::scalar;
  Style style = Style::plain;
  Mark begin, end;
  std::string tag;                    ///< as given, in short form ("!!int"); "" if none
  std::string value;                  ///< text of a scalar, name of an alias
  std::string anchor;                 ///< "" if none
  std::vector<const Node*> children;  ///< of a mapping: key, value, key, value …
  const Node* target = nullptr;       ///< of an alias

  bool is_quoted() const noexcept { return style != Style::plain && kind == Kind::scalar; }
};

/// What the reader may be asked to swallow.
struct Limits {
  std::size_t bytes = 1U << 20U;
  std::size_t depth = 100;
  std::size_t nodes = 200'000;
};

struct Error {
  enum class Kind {
    syntax,  ///< go-yaml refuses it too
    limit,   ///< beyond our own limits: nothing is said about what go-yaml does
  };
  Kind kind = Kind::syntax;
  std::string message;  ///< of a syntax error: go-yaml's words, with its own line number ("line 2: …")
  std::string problem;  ///< the same without the line number
  Mark place;           ///< where it really is
};

/// The first document of a stream; go-yaml's Decode() reads no further.
struct Document {
  const Node* root = nullptr;  ///< null: no document at all (empty, or comments alone), or an error
  std::optional<Error> error;
  std::vector<std::string> lines;  ///< the text as UTF-8, by line, for excerpts
  std::deque<Node> nodes;

  std::string_view line(int number) const;  ///< 1-based; "" beyond the end
};

Document parse(std::string_view text, const Limits& limits = {});

/// The node that an alias means, else the node itself.
const Node& resolved(const Node& node);

/// The value of `key` in a mapping; null if there is none.
const Node* find(const Node& mapping, std::string_view key);

}  // namespace lkdoctor::config::yaml
