// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace lkdoctor {

/// Text that no renderer, log line or exception may show. It has no stream operator, no formatter, no JSON
/// form and no conversion: reading it is explicit, and every place that does is found by searching for
/// `reveal`.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret() { wipe(); }

  /// The text itself, valid as long as this object. Never pass it to anything that prints.
  const std::string& reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  std::size_t size() const noexcept { return text_.size(); }

  friend bool operator==(const Secret& left, const Secret& right) noexcept {
    return left.text_ == right.text_;
  }

 private:
  void wipe() noexcept {
    volatile char* bytes = text_.data();
    for (std::size_t i = 0; i < text_.size(); ++i) bytes[i] = 0;
  }
  std::string text_;
};

/// What may be said of a secret: never the text.
struct SecretTraits {
  std::size_t length = 0;         // bytes
  std::string fingerprint;        // keyed, 8 hex digits; equal secrets have equal fingerprints within one run
  bool published_sample = false;  // one of the secrets printed in documentation
  bool outer_whitespace = false;  // begins or ends with white space or a line feed
  bool quoted = false;            // begins and ends with a quotation mark
  bool placeholder = false;       // `${…}`, `<…>`, "changeme" and the like
  bool number_like = false;       // would be read as a number or a boolean by a typed reader
  bool non_ascii = false;
};

/// Looks at a secret. The fingerprint is an HMAC under a key that is drawn once per process.
SecretTraits traits_of(const Secret& secret);

/// Masks every occurrence of registered secrets in `text`, also base64, base64url, hex and percent-encoded
/// forms, and anything that looks like a JWT. Used by every renderer and log before text leaves the process.
/// Secrets shorter than 12 characters and published samples are not searched for (they would mask innocent
/// text).
class Redactor {
 public:
  void add(const Secret& secret);
  std::string clean(std::string_view text) const;
  std::size_t count() const noexcept { return count_; }  ///< how many places were masked so far

 private:
  std::string needles_;  // every encoded form, separated by NUL
  mutable std::size_t count_ = 0;
};

}  // namespace lkdoctor
