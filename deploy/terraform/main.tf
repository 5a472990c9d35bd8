# A minimal sample: what the hub needs from a cloud, here Google's, in the region nearest to Vietnam. PostgreSQL with point-in-time
# recovery, Redis with a password, a bucket for backups, a cluster for deploy/kubernetes. Sizes are for some 5,000 orders a day.
terraform {
  required_version = ">= 1.6"
  required_providers {
    google = { source = "hashicorp/google", version = "~> 6.0" }
    random = { source = "hashicorp/random", version = "~> 3.6" }
  }
}

variable "project" { type = string }

variable "region" {
  type    = string
  default = "asia-southeast1"
}

provider "google" {
  project = var.project
  region  = var.region
}

resource "google_compute_network" "hub" {
  name = "erpsync"
}

resource "google_compute_global_address" "services" {
  name          = "erpsync-services"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
  network       = google_compute_network.hub.id
}

resource "google_service_networking_connection" "services" {
  network                 = google_compute_network.hub.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services.name]
}

resource "google_sql_database_instance" "hub" {
  name                = "erpsync"
  database_version    = "POSTGRES_17"
  deletion_protection = true
  depends_on          = [google_service_networking_connection.services]

  settings {
    tier              = "db-custom-2-8192"
    availability_type = "REGIONAL"
    disk_autoresize   = true
    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = 7
    }
    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.hub.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }
  }
}

resource "google_sql_database" "hub" {
  name     = "erpsync"
  instance = google_sql_database_instance.hub.name
}

resource "random_password" "database" {
  length  = 40
  special = false
}

resource "google_sql_user" "hub" {
  name     = "erpsync"
  instance = google_sql_database_instance.hub.name
  password = random_password.database.result
}

resource "google_redis_instance" "hub" {
  name               = "erpsync"
  tier               = "STANDARD_HA"
  memory_size_gb     = 1
  redis_version      = "REDIS_7_2"
  auth_enabled       = true
  authorized_network = google_compute_network.hub.id
  # queues are never evicted: a full Redis refuses, and the work is found in PostgreSQL
  redis_configs = { maxmemory-policy = "noeviction" }
}

resource "google_storage_bucket" "backups" {
  name                        = "${var.project}-erpsync-backups"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  versioning { enabled = true }
  lifecycle_rule {
    condition { age = 90 }
    action { type = "Delete" }
  }
}

resource "google_container_cluster" "hub" {
  name             = "erpsync"
  location         = var.region
  enable_autopilot = true
  network          = google_compute_network.hub.id
}

output "database_url" {
  value     = "postgres://erpsync:${random_password.database.result}@${google_sql_database_instance.hub.private_ip_address}:5432/erpsync"
  sensitive = true
}

output "redis_url" {
  value     = "redis://:${google_redis_instance.hub.auth_string}@${google_redis_instance.hub.host}:${google_redis_instance.hub.port}/0"
  sensitive = true
}
