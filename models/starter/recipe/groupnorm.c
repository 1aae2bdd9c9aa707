/* Group normalisation with SiLU on bfloat16 in channels-last layout, forward and backward, for some of the samples.
 *
 * x, y: (n, spatial, channels) bfloat16. mean, rstd: (n, groups). gamma, beta: (channels).
 * PyTorch's own backward pass is the slowest part of training a small autoencoder on a CPU; this one is
 * a vector loop over the channels. The caller splits the samples between threads: dgamma and dbeta are one
 * (channels) row per sample and summed by the caller.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define MOST 1024

static inline float wide(uint16_t v) {
  uint32_t bits = (uint32_t)v << 16;
  float out;
  memcpy(&out, &bits, 4);
  return out;
}

static inline uint16_t narrow(float v) {
  uint32_t bits;
  memcpy(&bits, &v, 4);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

static inline float sigmoid(float z) { return 1.0f / (1.0f + expf(-z)); }

void forward(const uint16_t *x, uint16_t *y, float *mean, float *rstd, const float *gamma, const float *beta,
             long first, long last, long spatial, long channels, long groups, float eps, int silu) {
  long width = channels / groups;
  float sum[MOST], square[MOST], a[MOST], b[MOST];
  for (long n = first; n < last; n++) {
    const uint16_t *in = x + n * spatial * channels;
    uint16_t *out = y + n * spatial * channels;
    memset(sum, 0, sizeof sum);
    memset(square, 0, sizeof square);
    for (long p = 0; p < spatial; p++)
      for (long c = 0; c < channels; c++) {
        float v = wide(in[p * channels + c]);
        sum[c] += v;
        square[c] += v * v;
      }
    for (long g = 0; g < groups; g++) {
      double s = 0, q = 0, m = (double)spatial * width;
      for (long c = g * width; c < (g + 1) * width; c++) s += sum[c], q += square[c];
      double mu = s / m, var = q / m - mu * mu;
      float r = 1.0f / sqrtf((float)(var > 0 ? var : 0) + eps);
      mean[n * groups + g] = (float)mu;
      rstd[n * groups + g] = r;
      for (long c = g * width; c < (g + 1) * width; c++) a[c] = r * gamma[c], b[c] = beta[c] - (float)mu * a[c];
    }
    for (long p = 0; p < spatial; p++)
      for (long c = 0; c < channels; c++) {
        float z = a[c] * wide(in[p * channels + c]) + b[c];
        out[p * channels + c] = narrow(silu ? z * sigmoid(z) : z);
      }
  }
}

void backward(const uint16_t *x, const uint16_t *dy, uint16_t *dx, const float *mean, const float *rstd,
              const float *gamma, const float *beta, float *dgamma, float *dbeta, long first, long last, long spatial,
              long channels, long groups, int silu) {
  long width = channels / groups;
  float s1[MOST], s2[MOST], a[MOST], b[MOST], k2[MOST], k3[MOST];
  for (long n = first; n < last; n++) {
    const uint16_t *in = x + n * spatial * channels, *up = dy + n * spatial * channels;
    uint16_t *out = dx + n * spatial * channels;
    for (long c = 0; c < channels; c++) {
      float r = rstd[n * groups + c / width];
      a[c] = r * gamma[c];
      b[c] = beta[c] - mean[n * groups + c / width] * a[c];
      s1[c] = s2[c] = 0;
    }
    for (long p = 0; p < spatial; p++)
      for (long c = 0; c < channels; c++) {
        float v = wide(in[p * channels + c]), d = wide(up[p * channels + c]);
        if (silu) {
          float z = a[c] * v + b[c], s = sigmoid(z);
          d *= s * (1.0f + z * (1.0f - s));
        }
        out[p * channels + c] = narrow(d);
        s1[c] += d;
        s2[c] += d * v;
      }
    for (long g = 0; g < groups; g++) {
      float mu = mean[n * groups + g], r = rstd[n * groups + g], ds = 0, db = 0, m = (float)(spatial * width);
      for (long c = g * width; c < (g + 1) * width; c++) {
        ds += gamma[c] * s2[c];
        db += gamma[c] * s1[c];
        dgamma[n * channels + c] = (s2[c] - mu * s1[c]) * r;
        dbeta[n * channels + c] = s1[c];
      }
      float c2 = (db * mu - ds) * r * r * r / m, c3 = -c2 * mu - db * r / m;
      for (long c = g * width; c < (g + 1) * width; c++) k2[c] = c2, k3[c] = c3;
    }
    for (long p = 0; p < spatial; p++)
      for (long c = 0; c < channels; c++)
        out[p * channels + c] =
            narrow(a[c] * wide(out[p * channels + c]) + k2[c] * wide(in[p * channels + c]) + k3[c]);
  }
}
