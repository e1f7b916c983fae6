// SPDX-License-Identifier: EUPL-1.2
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "net/trust.hpp"

namespace lkdoctor::net {
namespace {

constexpr std::size_t kMostNames = 200;
constexpr std::size_t kLongestName = 255;  // RFC 1035 §2.3.4; what is longer is no host's name
constexpr int kSmallestRsa = 2048, kSmallestEc = 224;

std::string text_of(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(std::min(length, 1024L))};
}

std::string text_of(const ASN1_OCTET_STRING* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int length = ASN1_STRING_length(address);
  const int family = length == 4 ? AF_INET : AF_INET6;
  if (length != 4 && length != 16) return {};
  inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size());
  return text.data();
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  auto* list =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list) && names.size() < kMostNames; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    if (name->type == GEN_DNS) {
      const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
      const auto length = static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName));
      names.emplace_back(text, std::min(length, kLongestName));
    } else if (name->type == GEN_IPADD) {
      names.push_back(text_of(name->d.iPAddress));
    }
  }
  GENERAL_NAMES_free(list);
  return names;
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

std::string curve_of(EVP_PKEY* key) {
  std::array<char, 80> name{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &length) != 1) return "EC";
  const std::string curve(name.data(), length);
  if (curve == "prime256v1") return "EC P-256";
  if (curve == "secp384r1") return "EC P-384";
  if (curve == "secp521r1") return "EC P-521";
  return "EC " + curve;
}

void describe_key(X509* certificate, Certificate& into) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return;
  const int bits = EVP_PKEY_get_bits(key);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      into.key = "RSA " + std::to_string(bits);
      into.weak = bits < kSmallestRsa;
      return;
    case EVP_PKEY_EC:
      into.key = curve_of(key);
      into.weak = bits < kSmallestEc;
      return;
    case EVP_PKEY_ED25519:
      into.key = "Ed25519";
      return;
    case EVP_PKEY_ED448:
      into.key = "Ed448";
      return;
    default:
      into.key = OBJ_nid2ln(EVP_PKEY_get_base_id(key));
      into.weak = EVP_PKEY_get_base_id(key) == EVP_PKEY_DSA;
  }
}

void describe_signature(X509* certificate, Certificate& into) {
  const int nid = X509_get_signature_nid(certificate);
  into.signature = OBJ_nid2ln(nid);
  int digest = NID_undef, key = NID_undef;
  // Nobody verifies the signature of a root: its strength says nothing.
  if (into.self_issued || OBJ_find_sigid_algs(nid, &digest, &key) != 1) return;
  if (digest == NID_md5 || digest == NID_sha1 || digest == NID_md5_sha1) into.weak = true;
}

}  // namespace

Certificate describe(X509* certificate) {
  Certificate result;
  result.subject = text_of(X509_get_subject_name(certificate));
  result.issuer = text_of(X509_get_issuer_name(certificate));
  result.names = names_of(certificate);
  result.not_before = seconds_of(X509_get0_notBefore(certificate));
  result.not_after = seconds_of(X509_get0_notAfter(certificate));
  result.self_issued =
      X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
  describe_key(certificate, result);
  describe_signature(certificate, result);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &length);
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (unsigned int i = 0; i < length; ++i) {
    result.sha256 += kDigits[digest[i] >> 4U];
    result.sha256 += kDigits[digest[i] & 0xfU];
  }
  return result;
}

}  // namespace lkdoctor::net
