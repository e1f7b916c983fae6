// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/secret.hpp>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lkdoctor::serve {

/// What is asked of a client's certificate; the names are those of Go's crypto/tls.
enum class ClientAuth { none, request, require_any, verify_if_given, require_and_verify };

struct TlsSettings {
  std::string cert_file, key_file;
  std::string client_ca_file;  ///< "" for none
  ClientAuth client_auth = ClientAuth::none;
  std::vector<std::string> client_allowed_sans;  ///< empty: any
  int min_version = 0, max_version = 0;          ///< as OpenSSL numbers them
  std::string ciphers, ciphersuites, groups;     ///< as OpenSSL names them; "" for its own choice
  bool prefer_server_ciphers = true;
  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

/// The web configuration file of Prometheus' exporter-toolkit, as far as it is understood here: everything
/// else in such a file is refused, so that nobody relies on what does not happen.
struct WebConfig {
  std::optional<TlsSettings> tls;                            ///< none: plain HTTP
  std::vector<std::pair<std::string, std::string>> headers;  ///< put into every answer
  std::map<std::string, Secret, std::less<>> users;  ///< bcrypt hashes by name; empty: nobody is asked
};

/// Why a file is refused: "web.yml:3:16: message", the line and a caret. No password and no hash is shown.
struct WebConfigError {
  std::string message;
};

struct WebConfigReading {
  WebConfig config;
  std::optional<WebConfigError> error;
};

/// Paths in it are seen from the folder of `file`. Never throws for what `text` holds.
WebConfigReading read_web_config(const std::string& file, std::string_view text);

/// The cost of a bcrypt hash ("$2y$10$…"): the logarithm of its rounds; nullopt: it is none.
std::optional<int> bcrypt_cost(std::string_view hash);

}  // namespace lkdoctor::serve
