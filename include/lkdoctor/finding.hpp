// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/json.hpp>
#include <lkdoctor/origin.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lkdoctor {

/// failure: someone of the audience, or a component, cannot use it now. warning: works, but worse, by luck,
/// not for long, or insecurely. info: worth knowing.
enum class Severity { info, warning, failure };
NLOHMANN_JSON_SERIALIZE_ENUM(Severity, {{Severity::info, "info"},
                                        {Severity::warning, "warning"},
                                        {Severity::failure, "failure"}})

enum class Confidence { possible, likely, proven };
NLOHMANN_JSON_SERIALIZE_ENUM(Confidence, {{Confidence::possible, "possible"},
                                          {Confidence::likely, "likely"},
                                          {Confidence::proven, "proven"}})

/// One kind of thing that can be found: a file findings/<id>.md. The generated `<lkdoctor/findings.hpp>`
/// names each as `findings::tls_cert_expired`.
struct FindingDef {
  std::string_view id;     ///< kebab-case, never renamed, never reused
  Severity severity;       ///< default; a judge may lower or raise it for a run, and says why in the evidence
  std::string_view title;  ///< one sentence without values
  std::string_view remedy;  ///< starts with a verb
};

struct FindingEntry {
  const FindingDef* definition;
  std::string_view prose;  ///< markdown: meaning, how measured, look-alikes, repair
};
std::span<const FindingEntry> finding_catalogue();
const FindingEntry* find_finding(std::string_view id);

/// One fact that supports a finding: key with its unit ("rtt_ms"), raw value.
/// `text` values of `untrusted` evidence were sent by a peer: cut, escaped and redacted by the renderers.
struct Evidence {
  std::string key;
  Json value;
  bool untrusted = false;
};
LKDOCTOR_JSON(Evidence, key, value, untrusted)

/// What to change. `commands` hold only values that we parsed and shell-quoted, never text of a peer.
struct Remedy {
  std::string text;                   ///< starts with a verb; empty: the definition's own
  std::vector<std::string> commands;  ///< one line each, can be pasted
  std::vector<std::string> links;
};
LKDOCTOR_JSON(Remedy, text, commands, links)

/// One thing found. Constructed with its definition, then filled: not an aggregate, so that it can stand in
/// an expression with `co_await`.
class Finding {
 public:
  Finding() = default;
  Finding(const FindingDef& definition, std::string about)
      : id(definition.id), severity(definition.severity), subject(std::move(about)), title(definition.title) {
    remedy.text = definition.remedy;
  }

  Finding& with(std::string key, Json value) {
    evidence.push_back({std::move(key), std::move(value), false});
    return *this;
  }
  /// Evidence whose text a peer sent.
  Finding& quoting(std::string key, std::string text_of_peer) {
    evidence.push_back({std::move(key), std::move(text_of_peer), true});
    return *this;
  }
  Finding& at(Origin where) {
    origin = std::move(where);
    return *this;
  }
  /// A second place that takes part, e.g. the other file of a disagreement.
  Finding& also_at(Origin where) {
    related.push_back(std::move(where));
    return *this;
  }
  Finding& graded(Severity run_severity) {
    severity = run_severity;
    return *this;
  }
  Finding& sure(Confidence run_confidence) {
    confidence = run_confidence;
    return *this;
  }
  /// One sentence with the values of this run; it becomes the headline of a diagnosis.
  Finding& saying(std::string sentence) {
    title = std::move(sentence);
    return *this;
  }
  Finding& change(std::string text) {
    remedy.text = std::move(text);
    return *this;
  }
  Finding& command(std::string line) {
    remedy.commands.push_back(std::move(line));
    return *this;
  }
  /// The source line with a caret below it.
  Finding& showing(std::string lines) {
    excerpt = std::move(lines);
    return *this;
  }

  std::string id;
  Severity severity = Severity::info;
  Confidence confidence = Confidence::proven;
  std::string subject;  ///< what it is about: an address, a URL, a key name, "livekit.yaml"
  std::string title;
  std::vector<Evidence> evidence;
  Remedy remedy;
  std::optional<Origin> origin;
  std::vector<Origin> related;
  std::string excerpt;
};
LKDOCTOR_JSON(Finding, id, severity, confidence, subject, title, evidence, remedy, origin, related, excerpt)

}  // namespace lkdoctor
