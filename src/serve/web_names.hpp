// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <string_view>

#include "serve/web_config.hpp"

// The words of exporter-toolkit's web configuration, which are Go's, and what they are here.
namespace lkdoctor::serve {

struct ClientAuthName {
  std::string_view name;
  ClientAuth value;
};
inline constexpr std::array<ClientAuthName, 6> kClientAuths{{
    {"NoClientCert", ClientAuth::none},
    {"RequestClientCert", ClientAuth::request},
    {"RequireAnyClientCert", ClientAuth::require_any},
    {"RequireClientCert", ClientAuth::require_any},  // as older versions called it
    {"VerifyClientCertIfGiven", ClientAuth::verify_if_given},
    {"RequireAndVerifyClientCert", ClientAuth::require_and_verify},
}};

struct VersionName {
  std::string_view name;
  int value;
};
inline constexpr std::array<VersionName, 2> kVersions{{{"TLS12", 0x0303}, {"TLS13", 0x0304}}};

/// Those of Go's tls.CipherSuites(); `since_13`: of TLS 1.3, which has a list of its own.
struct CipherName {
  std::string_view name, openssl;
  bool since_13 = false;
};
inline constexpr std::array<CipherName, 13> kCiphers{{
    {"TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", true},
    {"TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", true},
    {"TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256", true},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
}};

struct CurveName {
  std::string_view name, openssl;
};
inline constexpr std::array<CurveName, 4> kCurves{
    {{"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}, {"X25519", "X25519"}}};

/// Headers that may be set, and the values they may have; "" for any.
struct HeaderName {
  std::string_view name, first = {}, second = {};
};
inline constexpr std::array<HeaderName, 5> kHeaders{{{"Content-Security-Policy"},
                                                     {"X-Frame-Options", "deny", "sameorigin"},
                                                     {"X-Content-Type-Options", "nosniff"},
                                                     {"X-XSS-Protection"},
                                                     {"Strict-Transport-Security"}}};

}  // namespace lkdoctor::serve
