// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/check.hpp>
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/missing.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor::checks {
namespace {

constexpr const FindingDef* kFindings[] = {
    &findings::api_key_unknown,  &findings::api_secret_mismatch, &findings::default_or_sample_credentials,
    &findings::secret_too_short, &findings::url_port_mismatch,   &findings::tls_on_plain_port};
constexpr CheckInfo kInfo{.id = "config_agreement",
                          .title = "Controller and LiveKit have the same key, secret and ports",
                          .findings = kFindings};

constexpr std::size_t kShortestSecret = 32;  // LiveKit's own limit, in bytes

/// What both sides say of the controller's key.
struct Pairing {
  const ControllerSettings* controller = nullptr;
  const LiveKitKey* livekit = nullptr;  ///< the key of the same name
  std::optional<bool> same_key, same_secret;
};

Pairing pairing_of(const Deployment& deployment) {
  Pairing pairing;
  if (!deployment.controller) return pairing;
  pairing.controller = &*deployment.controller;
  const ControllerSettings& controller = *pairing.controller;
  // A server without usable keys has its own finding.
  if (!deployment.livekit || deployment.livekit->keys.empty()) return pairing;
  if (controller.pair_swapped || controller.api_key.value.empty()) return pairing;
  for (const LiveKitKey& key : deployment.livekit->keys) {
    if (key.name == controller.api_key.value) pairing.livekit = &key;
  }
  pairing.same_key = pairing.livekit != nullptr;
  const bool both = pairing.livekit != nullptr && pairing.livekit->secret.length > 0 &&
                    controller.api_secret.is_set() && controller.api_secret.value.length > 0;
  if (both)
    pairing.same_secret = pairing.livekit->secret.fingerprint == controller.api_secret.value.fingerprint;
  return pairing;
}

std::string known_names(const std::vector<LiveKitKey>& keys) {
  std::string out;
  for (const LiveKitKey& key : keys) out += (out.empty() ? "\"" : ", \"") + printable(key.name, 60) + "\"";
  return out;
}

/// A pair of LiveKit's in which a secret stands in the place of the name.
const LiveKitKey* swapped_pair(const LiveKitSettings& livekit) {
  const auto hidden = [](const LiveKitKey& key) { return key.name == "(a secret)"; };
  const auto found = std::ranges::find_if(livekit.keys, hidden);
  return found == livekit.keys.end() ? nullptr : &*found;
}

void report_unknown_key(const Deployment& deployment, Judgement& judgement) {
  const Sourced<std::string>& key = deployment.controller->api_key;
  const std::vector<LiveKitKey>& known = deployment.livekit->keys;
  if (const LiveKitKey* swapped = swapped_pair(*deployment.livekit)) {
    judgement.raise(findings::api_key_unknown, "api_key")
        .saying("Name and secret stand in each other's place below keys: in " +
                printable(swapped->origin.name, 200) + ": LiveKit does not know the API key \"" +
                printable(key.value, 60) + "\", and the name it has looks like a secret.")
        .with("known_keys", known.size())
        .change("Write \"" + printable(key.value, 60) +
                ": SECRET\" below keys:, the name in front, then restart LiveKit")
        .at(swapped->origin)
        .also_at(key.origin);
    return;
  }
  judgement.raise(findings::api_key_unknown, "api_key")
      .saying("LiveKit does not know the API key \"" + printable(key.value, 60) +
              "\" (known: " + known_names(known) + ").")
      .with("known_keys", known.size())
      .at(key.origin)
      .also_at(known.front().origin);
}

/// What the eye does not see and the bytes say.
std::string visible_difference(const SecretTraits& ours, const SecretTraits& theirs) {
  if (ours.outer_whitespace != theirs.outer_whitespace) {
    return std::string("; that of ") + (ours.outer_whitespace ? "the controller" : "LiveKit") +
           " begins or ends with white space";
  }
  if (ours.quoted != theirs.quoted) {
    return std::string("; that of ") + (ours.quoted ? "the controller" : "LiveKit") +
           " includes quotation marks";
  }
  if (ours.placeholder != theirs.placeholder) {
    return std::string("; that of ") + (ours.placeholder ? "the controller" : "LiveKit") +
           " is a placeholder";
  }
  return "";
}

void report_mismatch(const Pairing& pairing, Judgement& judgement) {
  const Sourced<SecretTraits>& ours = pairing.controller->api_secret;
  const SecretTraits& theirs = pairing.livekit->secret;
  judgement.raise(findings::api_secret_mismatch, "api_secret")
      .saying("The secret of key \"" + printable(pairing.livekit->name, 60) +
              "\" differs between the controller (" + counted(ours.value.length, "character", "characters") +
              ") and LiveKit (" + std::to_string(theirs.length) + ")" +
              visible_difference(ours.value, theirs) + ".")
      .with("controller_length", ours.value.length)
      .with("livekit_length", theirs.length)
      .at(ours.origin)
      .also_at(pairing.livekit->origin);
}

bool livekit_has(const Deployment& deployment, const FindingDef& definition) {
  if (!deployment.livekit) return false;
  const auto& found = deployment.livekit->findings;
  return std::any_of(found.begin(), found.end(),
                     [&](const Finding& finding) { return finding.id == definition.id; });
}

/// The subject that LiveKit's own finding has, so that both are one diagnosis.
std::string subject_of(const Deployment& deployment, const FindingDef& definition) {
  if (deployment.livekit) {
    for (const Finding& finding : deployment.livekit->findings) {
      if (finding.id == definition.id) return finding.subject;
    }
  }
  return "api_secret";
}

void judge_sample(const Deployment& deployment, const Pairing& pairing, Judgement& judgement) {
  const Sourced<SecretTraits>& secret = pairing.controller->api_secret;
  if (!secret.value.published_sample) return;
  const std::string key = "\"" + printable(pairing.controller->api_key.value, 60) + "\"";
  const bool works = pairing.same_secret.value_or(false);
  const bool other_side_differs = pairing.same_secret.has_value() && !works;
  Finding& finding = judgement.raise(findings::default_or_sample_credentials,
                                     subject_of(deployment, findings::default_or_sample_credentials));
  finding.at(secret.origin).command("openssl rand -hex 32");
  if (other_side_differs) {
    finding.graded(Severity::warning)
        .saying("The controller's secret of key " + key +
                " is printed in the documentation; LiveKit has another.");
    return;
  }
  finding
      .saying("Anyone can join and record every room: key " + key +
              " has the secret printed in the documentation.")
      .sure(works ? Confidence::proven : Confidence::likely)
      .change(works ? "Replace both lines by one new value, then recreate both containers"
                    : "Replace it by a new value here and in LiveKit's keys, then restart both");
  if (works) finding.also_at(pairing.livekit->origin);
}

void judge_length(const Deployment& deployment, const Pairing& pairing, Judgement& judgement) {
  const Sourced<SecretTraits>& secret = pairing.controller->api_secret;
  const bool short_one = secret.is_set() && secret.value.length > 0 && secret.value.length < kShortestSecret;
  if (!short_one || livekit_has(deployment, findings::secret_too_short)) return;
  Finding& finding =
      judgement.raise(findings::secret_too_short, "api_secret")
          .saying("The API secret has " + counted(secret.value.length, "character", "characters") +
                  "; use at least 32 on both sides.")
          .with("length_bytes", secret.value.length)
          .command("openssl rand -hex 32")
          .at(secret.origin);
  if (pairing.same_secret.value_or(false)) finding.also_at(pairing.livekit->origin);
}

/// A URL of the controller against LiveKit's ports.
struct UrlUnderTest {
  const char* name;
  const Sourced<std::string>& value;
  Url url;
};

void report_tls(const UrlUnderTest& test, const LiveKitSettings& livekit, Judgement& judgement) {
  Finding& finding = judgement.raise(findings::tls_on_plain_port, test.value.value);
  finding
      .saying(std::string(test.name) + " = \"" + printable(test.value.value, 120) + "\" speaks TLS to port " +
              std::to_string(test.url.port) + ", where LiveKit itself speaks plain HTTP.")
      .sure(Confidence::likely)
      .at(test.value.origin)
      .also_at(livekit.port.origin);
  if (std::string_view(test.name) != "public_url") return;
  finding.change(
      "Write public_url with the port of the TLS proxy in front of LiveKit (none for 443); without TLS "
      "browsers on an https page refuse it");
}

void report_port(const UrlUnderTest& test, const LiveKitSettings& livekit, Judgement& judgement) {
  const bool media = test.url.port == livekit.tcp_port.value;
  judgement.raise(findings::url_port_mismatch, test.value.value)
      .saying(std::string(test.name) + " = \"" + printable(test.value.value, 120) + "\" leads to port " +
              std::to_string(test.url.port) + "; LiveKit serves HTTP on " +
              std::to_string(livekit.port.value) + (media ? " and media over TCP on this one." : "."))
      .graded(media ? Severity::failure : Severity::warning)
      .sure(media ? Confidence::proven : Confidence::likely)
      .with("url_port", test.url.port)
      .with("livekit_port", livekit.port.value)
      .at(test.value.origin)
      .also_at(media ? livekit.tcp_port.origin : livekit.port.origin);
}

/// Hosts that are LiveKit itself rather than a proxy in front of it.
bool looks_direct(const Url& url) {
  const bool name = !is_numeric_address(url.host);
  return url.port_given || url.host == "localhost" || kind_of(url.host) == AddressKind::loopback ||
         (name && url.host.find('.') == std::string::npos);
}

bool answers_as_livekit(const Facts& facts, const Fact<facts::HttpIdentity>& fact) {
  const auto identity = facts.find(fact);
  return identity && identity->answerer == facts::Answerer::livekit;
}

void judge_service_port(const Facts& facts, const Deployment& deployment, Judgement& judgement) {
  const auto url = parse_url(deployment.controller->service_url.value);
  if (!url || answers_as_livekit(facts, facts::service_identity)) return;
  const LiveKitSettings& livekit = *deployment.livekit;
  const UrlUnderTest test{"service_url", deployment.controller->service_url, *url};
  if (url->tls()) {
    if (url->port == livekit.port.value) report_tls(test, livekit, judgement);
  } else if (url->port != livekit.port.value && looks_direct(*url)) {
    report_port(test, livekit, judgement);
  }
}

void judge_public_port(const Facts& facts, const Deployment& deployment, Judgement& judgement) {
  const auto url = parse_url(deployment.controller->public_url.value);
  if (!url || answers_as_livekit(facts, facts::public_identity)) return;
  const LiveKitSettings& livekit = *deployment.livekit;
  const UrlUnderTest test{"public_url", deployment.controller->public_url, *url};
  if (url->tls() && url->port == livekit.port.value && url->port_given) {
    report_tls(test, livekit, judgement);
  } else if (livekit.tcp_port.value != 0 && url->port == livekit.tcp_port.value) {
    report_port(test, livekit, judgement);
  }
}

class ConfigAgreement final : public FileCheck {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    return missing_controller(deployment);
  }
  using FileCheck::judge;
  void judge(const Facts& facts, const Deployment& deployment, Judgement& judgement) const override {
    if (const auto missing = missing_controller(deployment)) return judgement.skip(*missing);
    const Pairing pairing = pairing_of(deployment);
    judgement.fact("same_key", pairing.same_key);
    judgement.fact("same_secret", pairing.same_secret);
    if (pairing.same_key == false) report_unknown_key(deployment, judgement);
    if (pairing.same_secret == false) report_mismatch(pairing, judgement);
    judge_sample(deployment, pairing, judgement);
    judge_length(deployment, pairing, judgement);
    if (!deployment.livekit)
      return judgement.skip("LiveKit's configuration was not given: nothing to compare with");
    judge_service_port(facts, deployment, judgement);
    judge_public_port(facts, deployment, judgement);
    if (pairing.same_key) return;
    const bool not_read = !deployment.livekit->accepted && deployment.livekit->keys.empty();
    const bool ours = !deployment.controller->api_key.is_set() && !deployment.controller->api_secret.is_set();
    judgement.could_not_tell(not_read && !deployment.livekit->reason.empty()
                                 ? "LiveKit's keys are not known here: it " + deployment.livekit->reason
                             : ours ? "the controller's file has no key pair"
                                    : "LiveKit's configuration has no usable key");
  }
};

}  // namespace

std::unique_ptr<Check> make_config_agreement() {
  return std::make_unique<ConfigAgreement>();
}

}  // namespace lkdoctor::checks
