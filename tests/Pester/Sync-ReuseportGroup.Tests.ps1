BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $null = New-ReuseportGroup web -SlotCount 3 -Port 5300
}

Describe 'Sync-ReuseportGroup' {
    It 'does nothing to a group that is as it should be' {
        $sync = Sync-ReuseportGroup web
        $sync.Group | Should -Be 'web'
        $sync.Change | Should -BeFalse
        $sync.SlotCount | Should -Be 3
        $sync.Seated | Should -BeNullOrEmpty
        $sync.EmptySlot | Should -BeNullOrEmpty
    }

    It 'takes groups from the pipeline' {
        @(Get-ReuseportGroup | Sync-ReuseportGroup).Group | Should -Be 'web'
    }

    It 'does nothing with -WhatIf' {
        Sync-ReuseportGroup web -WhatIf | Should -BeNullOrEmpty
    }

    It 'says whether the server had settled, when it was to wait for that' {
        (Sync-ReuseportGroup web).Settled | Should -Be $null
        $sync = Sync-ReuseportGroup web -SettleWithin 5s
        $sync.Settled | Should -BeTrue
        $sync.Unsettled | Should -BeNullOrEmpty
    }

    It 'refuses a time for workers without a wait' {
        { Sync-ReuseportGroup web -WorkersSince (Get-Date) -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidParameterCombination*'
    }

    It 'reports a group that there is not' {
        { Sync-ReuseportGroup none -ErrorAction Stop } | Should -Throw -ErrorId 'GroupNotFound*'
    }
}
