"""What sections 4.2 and 4.3 of the requirements name: tables with their columns, and indexes."""

TABLES = {
    "users": """
        id email password_hash first_name last_name phone_number country_code timezone language kyc_status
        kyc_level two_fa_enabled two_fa_secret email_verified phone_verified last_login login_attempts
        locked_until created_at updated_at
    """,
    "roles": """
        id name description created_at
    """,
    "permissions": """
        id name resource action description
    """,
    "role_permissions": """
        role_id permission_id
    """,
    "user_roles": """
        user_id role_id assigned_at assigned_by
    """,
    "orders": """
        id user_id strategy_id broker_id external_order_id symbol order_type side quantity price stop_price
        filled_quantity average_fill_price status time_in_force source fees commission created_at updated_at
        expires_at
    """,
    "trades": """
        id order_id user_id external_trade_id symbol side quantity price commission fees fee_currency trade_type
        executed_at
    """,
    "positions": """
        id user_id symbol side quantity average_price market_value unrealized_pnl realized_pnl total_fees
        position_type opened_at updated_at
    """,
    "wallets": """
        id user_id currency balance available_balance locked_balance wallet_type created_at updated_at
    """,
    "transactions": """
        id user_id wallet_id type currency amount fee status external_id reference_id description metadata
        created_at updated_at
    """,
    "strategies": """
        id user_id name description type category version code blocks parameters risk_settings status is_public
        is_template template_id created_at updated_at
    """,
    "strategy_instances": """
        id strategy_id user_id name allocated_capital current_capital max_positions risk_limit_percent status
        instance_type started_at stopped_at created_at updated_at
    """,
    "backtest_results": """
        id strategy_id user_id dataset_id start_date end_date initial_capital final_capital total_trades
        winning_trades losing_trades win_rate profit_factor sharpe_ratio sortino_ratio max_drawdown
        max_drawdown_duration total_return annual_return volatility beta alpha avg_trade_duration largest_win
        largest_loss metrics parameters created_at
    """,
    "training_jobs": """
        id strategy_id user_id job_name job_type dataset_id parameters compute_config status progress logs_url
        model_artifacts metrics credits_consumed started_at completed_at created_at
    """,
    "marketplace_strategies": """
        id strategy_id developer_id title short_description long_description category tags price_model price
        revenue_share_percent performance_metrics minimum_capital risk_level supported_markets
        supported_timeframes version status downloads_count average_rating reviews_count published_at created_at
        updated_at
    """,
    "strategy_reviews": """
        id marketplace_strategy_id user_id rating title content is_verified_purchase helpful_votes created_at
        updated_at
    """,
    "developer_profiles": """
        user_id display_name bio website_url github_url linkedin_url total_strategies total_downloads
        average_rating total_revenue verified created_at updated_at
    """,
    "strategy_usage_metrics": """
        id marketplace_strategy_id user_id strategy_instance_id period_start period_end trades_count
        volume_traded fees_generated revenue_share created_at
    """,
    "kyc_records": """
        id user_id kyc_level document_type document_number document_country first_name last_name date_of_birth
        address_line1 address_line2 city state postal_code country verification_status verification_method
        verified_at expires_at notes metadata created_at updated_at
    """,
    "aml_alerts": """
        id user_id alert_type severity description triggered_by status assigned_to resolution_notes created_at
        updated_at resolved_at
    """,
    "support_tickets": """
        id user_id subject description category priority status assigned_to created_by resolved_at created_at
        updated_at
    """,
    "support_ticket_messages": """
        id ticket_id author_id message is_internal attachments created_at
    """,
    "broker_connections": """
        id user_id broker_name api_key_encrypted api_secret_encrypted additional_credentials status last_sync
        error_message permissions created_at updated_at
    """,
    "notification_templates": """
        id name type subject_template content_template variables created_at updated_at
    """,
    "notifications": """
        id user_id template_id type title content data status read_at sent_at created_at
    """,
    "audit_logs": """
        id user_id action resource_type resource_id old_values new_values ip_address user_agent session_id
        success error_message created_at
    """,
}
"""Columns, by table."""

INDEXES = """
    idx_orders_user_id idx_orders_symbol idx_orders_status idx_orders_created_at idx_trades_user_id
    idx_trades_symbol idx_trades_executed_at idx_positions_user_id idx_positions_symbol idx_wallets_user_id
    idx_transactions_user_id idx_transactions_type idx_transactions_status idx_transactions_created_at
    idx_strategies_user_id idx_strategies_type idx_strategies_status idx_strategies_public
    idx_strategy_instances_user_id idx_strategy_instances_strategy_id idx_strategy_instances_status
    idx_backtest_results_strategy_id idx_backtest_results_user_id idx_backtest_results_created_at
    idx_training_jobs_user_id idx_training_jobs_strategy_id idx_training_jobs_status
    idx_marketplace_strategies_developer_id idx_marketplace_strategies_category
    idx_marketplace_strategies_status idx_marketplace_strategies_rating
    idx_strategy_reviews_marketplace_strategy_id idx_strategy_reviews_rating
    idx_strategy_usage_metrics_strategy_id idx_strategy_usage_metrics_user_id
    idx_strategy_usage_metrics_period idx_kyc_records_user_id idx_kyc_records_status idx_aml_alerts_user_id
    idx_aml_alerts_status idx_aml_alerts_severity idx_support_tickets_user_id idx_support_tickets_status
    idx_support_tickets_priority idx_support_ticket_messages_ticket_id idx_support_ticket_messages_created_at
    idx_broker_connections_user_id idx_broker_connections_broker idx_notifications_user_id
    idx_notifications_status idx_notifications_created_at idx_audit_logs_user_id idx_audit_logs_action
    idx_audit_logs_resource idx_audit_logs_created_at idx_orders_user_symbol_status
    idx_trades_user_symbol_date idx_positions_user_type idx_transactions_user_type_date
    idx_strategies_user_status_type idx_backtest_results_strategy_date idx_strategies_search
    idx_marketplace_strategies_search idx_orders_active idx_strategy_instances_running
    idx_marketplace_strategies_active
"""
